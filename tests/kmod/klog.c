/* SPDX-License-Identifier: MIT */
/* klog.c - what the kernel's log says from some time on. */
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "harness.h"

void klog_open(struct klog *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		skip_because("the kernel's log cannot be read: %s", strerror(errno));
	check(lseek(log->fd, 0, SEEK_END) >= 0);
}

static bool contains_any(const char *record, const char *const *texts)
{
	for (; *texts; texts++)
		if (strstr(record, *texts))
			return true;
	return false;
}

bool klog_says_any(struct klog *log, const char *const *texts)
{
	char record[8192];
	ssize_t got;
	bool found = false;

	/* EPIPE: some were overwritten before they were read. */
	while ((got = read(log->fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		record[got > 0 ? got : 0] = '\0';
		if (contains_any(record, texts)) {
			note("the kernel's log says: %s", record);
			found = true;
		}
	}
	check_int(errno, EAGAIN);
	return found;
}

bool klog_says(struct klog *log, const char *text)
{
	return klog_says_any(log, (const char *const[]){text, NULL});
}

void klog_close(struct klog *log)
{
	close(log->fd);
}

#define CONSOLE_LEVEL 8 /* of syslog(2) */

int klog_silence(void)
{
	int fd = open("/proc/sys/kernel/printk", O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	check(fd >= 0);
	check(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	check_int(klogctl(CONSOLE_LEVEL, NULL, 1), 0);
	return (int)strtol(text, NULL, 10);
}

void klog_speak(int level)
{
	check_int(klogctl(CONSOLE_LEVEL, NULL, level), 0);
}
