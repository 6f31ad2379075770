/* SPDX-License-Identifier: MIT */
/* klog.c - what the kernel's log says from some time on. */
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

void klog_open(struct klog *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		skip_because("the kernel's log cannot be read: %s", strerror(errno));
	check(lseek(log->fd, 0, SEEK_END) >= 0);
}

bool klog_says(struct klog *log, const char *text)
{
	char record[8192];
	ssize_t got;

	/* EPIPE: records were overwritten before they were read. */
	while ((got = read(log->fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (got < 0)
			return true;
		record[got] = '\0';
		if (strstr(record, text)) {
			note("the kernel's log says: %s", record);
			return true;
		}
	}
	check_int(errno, EAGAIN);
	return false;
}

void klog_close(struct klog *log)
{
	close(log->fd);
}
