/* SPDX-License-Identifier: MIT */
/* beside.h - files that lie beside the command in a build tree. */
#ifndef PGB_TOOL_BESIDE_H
#define PGB_TOOL_BESIDE_H

#include <limits.h>

/* The folder that the command is in, and `name` behind it; empty if that cannot be told. */
void pgb_beside(const char *name, char path[PATH_MAX]);

#endif
