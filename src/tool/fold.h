/* SPDX-License-Identifier: MIT */
/* fold.h - indented JSON with its plain arrays on a line each. */
#ifndef PGB_TOOL_FOLD_H
#define PGB_TOOL_FOLD_H

/* In place: an array that holds neither arrays nor objects takes one line. */
void pgb_fold(char *text);

#endif
