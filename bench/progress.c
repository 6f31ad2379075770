/* SPDX-License-Identifier: MIT */
/*
 * progress.c - what a benchmark is at, for whoever waits: on standard error.
 */
#include "progress.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "measure.h"

/* To write takes time from what is measured next. */
#define TERMINAL_NS UINT64_C(200000000)
#define LOG_NS	    UINT64_C(10000000000)

static uint64_t last_ns; /* 0: nothing was said */

void progress(const char *format, ...)
{
	bool terminal = isatty(STDERR_FILENO);
	uint64_t now = now_ns();
	va_list arguments;

	if (last_ns && now - last_ns < (terminal ? TERMINAL_NS : LOG_NS))
		return;
	last_ns = now;
	fprintf(stderr, "%s%s: ", terminal ? "\r\033[K" : "",
		program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (!terminal)
		fputc('\n', stderr);
}

void progress_end(void)
{
	if (last_ns && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
