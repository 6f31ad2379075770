/* SPDX-License-Identifier: MIT */
/*
 * gc.c - the suite of programs that were written to load the collector.
 */
#include "runs/suite.h"

#define QUICK	       (BIT(STOCK) | BIT(STOCK_INCREMENTAL) | BIT(DESIGN_A) | BIT(PAUSE_5))
#define USUAL	       (QUICK | BIT(DESIGN_B) | EVERY_PLAIN)
#define FEWER	       (QUICK | EVERY_PLAIN)
#define SMALL	       (QUICK | BIT(STOCK_MPROTECT) | BIT(A_KMOD))
#define OTHER_PAUSES   (BIT(PAUSE_1) | BIT(PAUSE_20))
#define LARGE_ROUNDS   3
#define LARGEST_ROUNDS 2

/* For `make gc-costs` as well: a guest that counts instructions has no time for more. */
#define SMALL_LOAD                                                                         \
	{                                                                                  \
		.live_mib = 16, .full = SMALL                                              \
	}

/* With 4 GiB alive a run takes a minute. */
#define LARGER_LOADS                                                                       \
	{.live_mib = 64, .full = USUAL}, {.live_mib = 256, .full = USUAL},                 \
		{.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS},                 \
	{                                                                                  \
		.live_mib = 4096, .full = FEWER, .rounds = LARGEST_ROUNDS                  \
	}

static const struct description descriptions[] = {
	{.name = "mutator",
	 .command = {"own:mutator"},
	 .loads = {SMALL_LOAD,
		   {.live_mib = 64, .quick = QUICK, .full = CONFIGURED_ALL},
		   {.live_mib = 256, .full = CONFIGURED_ALL},
		   {.live_mib = 1024, .full = CONFIGURED_ALL, .rounds = LARGE_ROUNDS},
		   {.live_mib = 4096,
		    .full = FEWER | OTHER_PAUSES | BIT(STOCK_ONE_MARKER),
		    .rounds = LARGEST_ROUNDS}}},
	{.name = "mutator, Zipf 0.99",
	 .command = {"own:mutator", "--skew=zipf:0.99"},
	 .loads = {{.live_mib = 256, .full = USUAL},
		   {.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS}}},
	{.name = "mutator, Zipf 1.3",
	 .command = {"own:mutator", "--skew=zipf:1.3"},
	 .loads = {SMALL_LOAD,
		   {.live_mib = 256, .full = USUAL},
		   {.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS}}},
	{.name = "mutator, clustered",
	 .command = {"own:mutator", "--skew=clustered"},
	 .loads = {{.live_mib = 256, .full = USUAL},
		   {.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS}}},
	{.name = "mutator, 4 threads",
	 .command = {"own:mutator", "--threads=4"},
	 .loads = {{.live_mib = 256, .full = USUAL},
		   {.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS}}},
	{.name = "server",
	 .command = {"own:server", "--turnover=2"},
	 .tells_requests = true,
	 .loads = {SMALL_LOAD,
		   {.live_mib = 64, .quick = QUICK, .full = CONFIGURED_ALL},
		   {.live_mib = 256, .full = CONFIGURED_ALL},
		   {.live_mib = 1024, .full = USUAL | OTHER_PAUSES, .rounds = LARGE_ROUNDS},
		   {.live_mib = 4096,
		    .full = FEWER | OTHER_PAUSES,
		    .rounds = LARGEST_ROUNDS}}},
	{.name = "gcbench",
	 .command = {"own:gcbench"},
	 .loads = {SMALL_LOAD,
		   {.live_mib = 64, .quick = QUICK, .full = CONFIGURED_ALL},
		   {.live_mib = 256, .full = USUAL},
		   {.live_mib = 1024, .full = USUAL, .rounds = LARGE_ROUNDS},
		   {.live_mib = 4096, .full = FEWER, .rounds = LARGEST_ROUNDS}}},
	{.name = "gcold", .command = {"own:gcold"}, .loads = {LARGER_LOADS}},
	{.name = "list", .command = {"own:list"}, .loads = {LARGER_LOADS}},
	{.name = "hashmap",
	 .command = {"own:hashmap", "--turnover=4"},
	 .loads = {SMALL_LOAD, LARGER_LOADS}},
	{.name = "xml", .command = {"own:xml"}, .loads = {LARGER_LOADS}},
	{.name = "allocator", .command = {"own:allocator"}, .loads = {LARGER_LOADS}},
};

#define MUTATOR(program, mib)                                                              \
	{program, mib, "wall time", RATIO, WALL_MS, DESIGN_A, STOCK_INCREMENTAL, 0.5},     \
		{program, mib, "wall time", RATIO, WALL_MS, DESIGN_A, STOCK, 0.95},        \
		{program, mib, "mean pause", RATIO, PAUSE_MEAN_MS, DESIGN_A, STOCK, 0.4},  \
	{                                                                                  \
		program, mib, "VMAs at peak", VMAS, 0, DESIGN_A, 0, 199                    \
	}
#define BOUNDED(program, mib, what, metric)                                                \
	{program, mib, "longest pause, ms", LARGEST, PAUSE_MAX_MS, PAUSE_5, 0, 6},         \
	{                                                                                  \
		program, mib, what, RATIO, metric, PAUSE_5, STOCK, 1.1                     \
	}
#define SERVER(mib)                                                                        \
	BOUNDED("server", mib, "CPU time", CPU_MS),                                        \
	{                                                                                  \
		"server", mib, "request p99.9, ms", LARGEST, REQUEST_P999_MS, PAUSE_5, 0,  \
			10                                                                 \
	}

static const struct figure figures[] = {
	MUTATOR("mutator", 256),
	MUTATOR("mutator", 1024),
	MUTATOR("mutator", 4096),
	MUTATOR("mutator, Zipf 0.99", 256),
	MUTATOR("mutator, Zipf 0.99", 1024),
	MUTATOR("mutator, Zipf 1.3", 256),
	MUTATOR("mutator, Zipf 1.3", 1024),
	MUTATOR("mutator, clustered", 256),
	MUTATOR("mutator, clustered", 1024),
	MUTATOR("mutator, 4 threads", 256),
	MUTATOR("mutator, 4 threads", 1024),
	MUTATOR("gcbench", 256),
	MUTATOR("gcbench", 1024),
	MUTATOR("gcbench", 4096),
	BOUNDED("mutator", 64, "wall time", WALL_MS),
	BOUNDED("mutator", 256, "wall time", WALL_MS),
	BOUNDED("mutator", 1024, "wall time", WALL_MS),
	BOUNDED("mutator", 4096, "wall time", WALL_MS),
	BOUNDED("mutator, Zipf 0.99", 256, "wall time", WALL_MS),
	BOUNDED("mutator, Zipf 0.99", 1024, "wall time", WALL_MS),
	BOUNDED("mutator, Zipf 1.3", 256, "wall time", WALL_MS),
	BOUNDED("mutator, Zipf 1.3", 1024, "wall time", WALL_MS),
	BOUNDED("mutator, clustered", 256, "wall time", WALL_MS),
	BOUNDED("mutator, clustered", 1024, "wall time", WALL_MS),
	BOUNDED("mutator, 4 threads", 256, "wall time", WALL_MS),
	BOUNDED("mutator, 4 threads", 1024, "wall time", WALL_MS),
	BOUNDED("gcbench", 64, "wall time", WALL_MS),
	BOUNDED("gcbench", 256, "wall time", WALL_MS),
	BOUNDED("gcbench", 1024, "wall time", WALL_MS),
	BOUNDED("gcbench", 4096, "wall time", WALL_MS),
	/* Its wall time is that of its schedule. */
	SERVER(64),
	SERVER(256),
	SERVER(1024),
	SERVER(4096),
	/* Of all. */
	{NULL, 0, "wall time", RATIO, WALL_MS, DESIGN_A, A_PLAIN, 1.05},
	{NULL, 0, "wall time", RATIO, WALL_MS, PAUSE_5, PAUSE_5_PLAIN, 1.05},
	{"server", 0, "CPU time", RATIO, CPU_MS, DESIGN_A, A_PLAIN, 1.05},
	{"server", 0, "CPU time", RATIO, CPU_MS, PAUSE_5, PAUSE_5_PLAIN, 1.05},
};

static const struct suite suite = {
	.name = "gc",
	.doc = "Run programs that load the collector by turns with stock libgc and under "
	       "pgbarrier, and print a table for each.\v"
	       "Exit status: 0 all programs ended well under pgbarrier (a crash of stock "
	       "libgc is shown, and is no failure), 1 one did not or could not be run, 2 "
	       "wrong usage.",
	.descriptions = descriptions,
	.count = sizeof(descriptions) / sizeof(*descriptions),
	.figures = figures,
	.figure_count = sizeof(figures) / sizeof(*figures),
	.quick_seconds = 50,
};

int main(int argc, char **argv)
{
	return suite_main(&suite, argc, argv);
}
