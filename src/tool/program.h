/* SPDX-License-Identifier: MIT */
/* program.h - the file of a program: where it is, and what is needed to run it. */
#ifndef PGB_TOOL_PROGRAM_H
#define PGB_TOOL_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/* What decides, of one ELF file. */
struct pgb_image {
	int class;
	unsigned char data;
	unsigned machine;
	bool has_soname;       /* a library, as is ld.so itself, which can be run */
	char loader[PATH_MAX]; /* empty: none */
};

/*
 * The file that execvp(3) would run; with F_OK as the mode, instead of X_OK, also one
 * that it would try in vain.
 */
bool pgb_program_find(const char *name, int mode, char path[PATH_MAX]);

/* The first word behind "#!", if the file begins so. */
bool pgb_program_interpreter(const char *path, char interpreter[PATH_MAX]);

/* Negative errno if the file cannot be read, or is no ELF file. */
int pgb_program_image(const char *path, struct pgb_image *image);

#endif
