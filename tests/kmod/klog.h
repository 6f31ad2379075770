/* SPDX-License-Identifier: MIT */
/* klog.h - what the kernel's log says from some time on. */
#ifndef PGB_KMOD_KLOG_H
#define PGB_KMOD_KLOG_H

#include <stdbool.h>

struct klog {
	int fd;
};

/* From now on; ends the case as skipped where the log may not be read. */
void klog_open(struct klog *log);
/* A record that has come in contains one of these, up to NULL; all are passed over. */
bool klog_says_any(struct klog *log, const char *const *texts);
bool klog_says(struct klog *log, const char *text);
void klog_close(struct klog *log);

/* Nothing that is logged goes to the console, until klog_speak() has what this returned. */
int klog_silence(void);
void klog_speak(int level);

#endif
