/* SPDX-License-Identifier: MIT */
/*
 * message.h - the few lines that the preload may say.
 *
 * They go to descriptor 2 in one write, "pgbarrier: " before each; stdio belongs to the
 * program, and so is descriptor 2 once it is another file than at first.  Nothing is said
 * above the level that PGBARRIER_LOG allows.
 */
#ifndef PGB_BDWGC_MESSAGE_H
#define PGB_BDWGC_MESSAGE_H

#include "config.h"

void message_init(void);
void message_allow(enum pgb_log level);

void message_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
