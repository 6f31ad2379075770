/* SPDX-License-Identifier: MIT */
/*
 * programs.c - the suite of programs that people use.
 */
#include "runs/suite.h"

#define THE_THREE (BIT(STOCK) | BIT(STOCK_INCREMENTAL) | BIT(DESIGN_A))
#define FULL	  (THE_THREE | BIT(DESIGN_B) | EVERY_PAUSE | EVERY_PLAIN)

static const struct description descriptions[] = {
	{.name = "guile",
	 .command = {"guile", "--no-auto-compile", "input:records.scm"},
	 .heap_mib = 200,
	 .loads = {{.quick = THE_THREE, .full = FULL}}},
	{.name = "nix-instantiate",
	 .command = {"nix-instantiate", "--eval", "--store", "dummy://",
		     "input:records.nix"},
	 .heap_mib = 400,
	 .loads = {{.quick = THE_THREE, .full = FULL}}},
	{.name = "crystal",
	 .command = {"scratch:records"},
	 .prepare = {"crystal", "build", "--release", "-o", "scratch:records",
		     "input:records.cr"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
	{.name = "asymptote",
	 .command = {"asy", "-noV", "input:paths.asy"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
	{.name = "ecl",
	 .command = {"ecl", "--norc", "--shell", "input:tables.lsp"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
	{.name = "w3m",
	 .command = {"w3m", "-dump", "-cols", "100", "-T", "text/html",
		     "scratch:page.html"},
	 .prepare = {"awk", "-f", "input:page.awk", "scratch:page.html"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
	{.name = "neko",
	 .command = {"neko", "scratch:records.n"},
	 .prepare = {"nekoc", "-o", "scratch:", "input:records.neko"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
	{.name = "inkscape",
	 .command = {"inkscape", "--export-filename=scratch:drawing.png",
		     "scratch:drawing.svg"},
	 .prepare = {"awk", "-f", "input:drawing.awk", "scratch:drawing.svg"},
	 .heap_mib = 200,
	 .loads = {{.full = FULL}}},
};

static const struct figure figures[] = {
	{NULL, 0, "wall time", RATIO, WALL_MS, DESIGN_A, A_PLAIN, 1.05},
	{NULL, 0, "wall time", RATIO, WALL_MS, PAUSE_5, PAUSE_5_PLAIN, 1.05},
};

static const struct suite suite = {
	.name = "programs",
	.doc = "Run programs that people use by turns with stock libgc and under "
	       "pgbarrier, and print a table for each.\v"
	       "What is not installed is left out, and named.  Exit status: 0 all programs "
	       "ended well under pgbarrier (a crash of stock libgc is shown, and is no "
	       "failure), 1 one did not or could not be run, 2 wrong usage.",
	.descriptions = descriptions,
	.count = sizeof(descriptions) / sizeof(*descriptions),
	.figures = figures,
	.figure_count = sizeof(figures) / sizeof(*figures),
	.quick_seconds = 18,
};

int main(int argc, char **argv)
{
	return suite_main(&suite, argc, argv);
}
