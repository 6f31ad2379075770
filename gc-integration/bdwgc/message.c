/* SPDX-License-Identifier: MIT */
/* message.c - the few lines that the preload may say. */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum pgb_log allowed = PGB_LOG_WARN;
/* Which file descriptor 2 was at first; later it may be a file of the program's. */
static struct stat standard_error;
static bool has_standard_error;

void message_init(void)
{
	has_standard_error = !fstat(STDERR_FILENO, &standard_error);
}

void message_allow(enum pgb_log level)
{
	allowed = level;
}

static bool is_standard_error(void)
{
	struct stat now;

	return has_standard_error && !fstat(STDERR_FILENO, &now) &&
	       now.st_dev == standard_error.st_dev && now.st_ino == standard_error.st_ino;
}

static void say(const char *format, va_list arguments)
{
	char line[512] = "pgbarrier: ";
	size_t room = sizeof(line) - 1, length = sizeof("pgbarrier: ") - 1;
	int saved = errno, printed;

	printed = vsnprintf(line + length, room - length, format, arguments);
	if (printed > 0 && is_standard_error()) {
		length += (size_t)printed < room - length ? (size_t)printed
							  : room - length - 1;
		line[length++] = '\n';
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
