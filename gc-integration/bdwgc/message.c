/* SPDX-License-Identifier: MIT */
/* message.c - the few lines that the preload may say. */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum pgb_log allowed = PGB_LOG_WARN;

void message_init(enum pgb_log level)
{
	allowed = level;
}

static void say(const char *format, va_list arguments)
{
	char line[512] = "pgbarrier: ";
	size_t room = sizeof(line) - 1, length = sizeof("pgbarrier: ") - 1;
	int saved = errno, printed;

	printed = vsnprintf(line + length, room - length, format, arguments);
	if (printed > 0) {
		length += (size_t)printed < room - length ? (size_t)printed
							  : room - length - 1;
		line[length++] = '\n';
		/* A closed descriptor 2 is the program's choice. */
		if (write(STDERR_FILENO, line, length) < 0)
			errno = saved;
	}
	errno = saved;
}

void message_warn(const char *format, ...)
{
	va_list arguments;

	if (allowed < PGB_LOG_WARN)
		return;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void message_info(const char *format, ...)
{
	va_list arguments;

	if (allowed < PGB_LOG_INFO)
		return;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}
