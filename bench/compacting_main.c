/* SPDX-License-Identifier: MIT */
/*
 * compacting_main.c - the options of the compacting collector, and what came of a run.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compacting.h"
#include "measure.h"
#include "number_option.h"

#define CANNOT_RUN 77

/* How many mappings the heap consists of, as the kernel has it. */
static unsigned count_mappings(const struct heap *heap)
{
	uintptr_t start = (uintptr_t)heap->start;
	uintptr_t end = start + heap->pages * heap->page_size;
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t room = 0;
	unsigned count = 0;

	if (!maps)
		fail("cannot read /proc/self/maps", -errno);
	while (getline(&line, &room, maps) > 0) {
		char *dash;
		uintptr_t from = strtoul(line, &dash, 16);
		uintptr_t to = strtoul(dash + 1, NULL, 16);

		count += from < end && to > start;
	}
	free(line);
	fclose(maps);
	return count;
}

static void need_absent_faults(void)
{
	struct pgb_fault_info info;

	pgb_fault_probe(&info, sizeof(info));
	if (!info.status && info.kinds & PGB_FAULT_ABSENT)
		return;
	fprintf(stderr, "compacting: no ABSENT faults here: %s\n", info.reason);
	exit(CANNOT_RUN);
}

static void print_bytes(const char *what, uint64_t bytes)
{
	printf("  %-30s%9" PRIu64 " KiB", what, bytes >> 10);
}

static const char *why_copied(const struct heap *heap)
{
	int32_t reason = heap->totals.reason;

	if (heap->options->copy)
		return "as --copy asks for";
	if (reason == -EOPNOTSUPP)
		return "this kernel cannot move pages (Linux 6.8 can)";
	return reason ? strerror(-reason) : "";
}

static void print_work(struct heap *heap)
{
	struct totals *totals = &heap->totals;

	printf("compacting: a heap of %zu pages, %u collections\n", heap->pages,
	       heap->collections);
	print_bytes("moved whole", totals->moved);
	printf("   in %" PRIu64 " calls\n", totals->moves);
	print_bytes("copied whole", totals->copied);
	printf("%s%s\n", totals->copied ? "   " : "", why_copied(heap));
	print_bytes("copied from sparse pages", totals->evacuated);
	printf("\n");
	print_bytes("stayed where it was", totals->stayed);
	printf("\n");
	print_bytes("freed in whole pages", totals->freed);
	printf("\n");
	durations_print(&totals->pauses, "collections");
	durations_print(&totals->relocations, "to move or copy whole pages");
}

static int print_verdict(struct heap *heap, unsigned mappings_before)
{
	unsigned mappings = count_mappings(heap);
	unsigned long stale = AO_load(&heap->stale_faults);
	bool sound = !*heap->tree.damage && !stale && mappings == mappings_before;

	printf("  %-30s%9u   %u before\n", "mappings of the heap", mappings,
	       mappings_before);
	if (*heap->tree.damage)
		printf("  damage: %s\n", heap->tree.damage);
	if (stale)
		printf("  damage: %lu faults at absent pages\n", stale);
	if (mappings != mappings_before)
		printf("  damage: the heap was split\n");
	printf("  %-30s%9" PRIu64 "   %s\n", "objects checked", heap->tree.checked,
	       sound ? "all as in the shadow" : "damage was found");
	return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}

static enum plant plant_option(const struct argp_state *state, const char *name)
{
	static const char *const names[] = {[PLANT_STALE] = "stale", [PLANT_LOST] = "lost"};

	for (unsigned i = PLANT_STALE; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return (enum plant)i;
	argp_error(state, "--plant=%s: there is no such error", name);
	return PLANT_NOTHING;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p':
		options->pages = number_option(state, "pages", argument, 64, 1u << 22);
		return 0;
	case 'n':
		options->nodes = number_option(state, "nodes", argument, 1, 1u << 24);
		return 0;
	case 'c':
		options->collections =
			number_option(state, "collections", argument, 1, 1000000);
		return 0;
	case 'C':
		options->copy = true;
		return 0;
	case 's':
		options->seed = number_option(state, "seed", argument, 0, UINT64_MAX);
		return 0;
	case 'q':
		options->pages = 1024;
		options->nodes = 2000;
		options->collections = 5;
		return 0;
	case 'P':
		options->plant = plant_option(state, argument);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: compacting takes no arguments", argument);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"pages", 'p', "N", 0, "Pages of the heap (16384)", 0},
	{"nodes", 'n', "N", 0, "Nodes of the tree that is kept alive (40000)", 0},
	{"collections", 'c', "N", 0, "Collections (20)", 0},
	{"copy", 'C', NULL, 0, "Copy whole pages too, to compare", 0},
	{"seed", 's', "N", 0, "Seed of the random numbers (1)", 0},
	{"quick", 'q', NULL, 0, "A small heap and few collections, as in the tests", 0},
	{"plant", 'P', "ERROR", OPTION_HIDDEN, "stale or lost", 0},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Compact a heap by moving its pages rather than copying its objects, by a "
	       "fault channel of pgbarrier, and compare it with a shadow after each "
	       "collection.\v"
	       "Exit status: 0 all objects were sound and the heap is one mapping, 1 there "
	       "was damage, 2 wrong usage, 77 this kernel cannot stop threads at absent "
	       "pages.",
};

int main(int argc, char **argv)
{
	struct options options = {
		.pages = 16384, .nodes = 40000, .collections = 20, .seed = 1};
	static struct heap heap;
	unsigned mappings;
	int status;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	need_absent_faults();
	compacting_set_up(&heap, &options);
	mappings = count_mappings(&heap);
	compacting_run(&heap);
	print_work(&heap);
	status = print_verdict(&heap, mappings);
	compacting_tear_down(&heap);
	return status;
}
