/* SPDX-License-Identifier: MIT */
/* huge_pages.h - whether memory gets huge pages, by itself or on request. */
#ifndef PGB_OS_HUGE_PAGES_H
#define PGB_OS_HUGE_PAGES_H

#include <stddef.h>

/* Bytes; 0: only memory whose owner asks for them gets any, or nobody knows. */
size_t pgb_huge_page_size(void);

/* Bytes; 0: not even memory whose owner asks for them gets any, or nobody knows. */
size_t pgb_huge_page_size_on_request(void);

#endif
