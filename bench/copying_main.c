/* SPDX-License-Identifier: MIT */
/*
 * copying_main.c - the options of the copying collector, and what came of a run.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copying.h"
#include "number_option.h"

#define CANNOT_RUN 77

static void need_access_faults(void)
{
	struct pgb_fault_info info;

	pgb_fault_probe(&info, sizeof(info));
	if (!info.status && info.kinds & PGB_FAULT_ACCESS &&
	    info.actions & 1u << PGB_ACK_MAP)
		return;
	fprintf(stderr, "copying: no ACCESS faults here: %s\n", info.reason);
	exit(CANNOT_RUN);
}

static void print_work(struct heap *heap)
{
	struct pgb_fault_stats stats;
	struct durations stops = {0};

	pgb_fault_get_stats(heap->channel, &stats, sizeof(stats));
	for (unsigned i = 0; i < MUTATORS; i++)
		durations_append(&stops, &heap->mutators[i].stops);
	printf("copying: %u mutators, 2 semispaces of %u pages, %u flips\n", MUTATORS,
	       heap->options->pages, heap->flips);
	printf("  %-30s%9" PRIu64 "   %" PRIu64 " for pages scanned by then\n", "faults",
	       stats.accesses, heap->faults_for_scanned);
	printf("  %-30s%9" PRIu64 "   %" PRIu64 " for a fault, %" PRIu64
	       " in the background\n",
	       "pages scanned", heap->scanned_for_fault + heap->scanned_in_background,
	       heap->scanned_for_fault, heap->scanned_in_background);
	durations_print(&heap->flip_times, "flips");
	durations_print(&stops, "waits of a mutator for one");
	durations_print(&heap->answer_times, "answers to a fault");
	durations_free(&stops);
}

static int print_verdict(const struct heap *heap)
{
	uint64_t checked = 0;
	int status = EXIT_SUCCESS;

	for (unsigned i = 0; i < MUTATORS; i++) {
		const struct shadow_tree *tree = &heap->mutators[i].tree;

		checked += tree->checked;
		if (!*tree->damage)
			continue;
		printf("  damage: mutator %u, %s\n", i, tree->damage);
		status = EXIT_FAILURE;
	}
	if (heap->faults_in_from_space) {
		printf("  damage: %" PRIu64 " faults in from-space\n",
		       heap->faults_in_from_space);
		status = EXIT_FAILURE;
	}
	printf("  %-30s%9" PRIu64 "   %s\n", "objects checked", checked,
	       status ? "damage was found" : "all as in the shadow");
	return status;
}

static enum plant plant_option(const struct argp_state *state, const char *name)
{
	static const char *const names[] = {[PLANT_UNSCANNED] = "unscanned",
					    [PLANT_UNPROTECTED] = "unprotected",
					    [PLANT_UNFORWARDED] = "unforwarded"};

	for (unsigned i = PLANT_UNSCANNED; i < sizeof(names) / sizeof(names[0]); i++)
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
	case 'f':
		options->flips = number_option(state, "flips", argument, 1, 1000000);
		return 0;
	case 'l':
		options->lazy = true;
		return 0;
	case 's':
		options->seed = number_option(state, "seed", argument, 0, UINT64_MAX);
		return 0;
	case 'q':
		options->pages = 512;
		options->nodes = 1000;
		options->flips = 5;
		return 0;
	case 'P':
		options->plant = plant_option(state, argument);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: copying takes no arguments", argument);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"pages", 'p', "N", 0, "Pages of a semispace (8192)", 0},
	{"nodes", 'n', "N", 0, "Nodes of the tree of each mutator (20000)", 0},
	{"flips", 'f', "N", 0, "Flips (10)", 0},
	{"lazy", 'l', NULL, 0, "Scan in the background only when a mutator needs memory",
	 0},
	{"seed", 's', "N", 0, "Seed of the random numbers (1)", 0},
	{"quick", 'q', NULL, 0, "A small heap and few flips, as in the tests", 0},
	{"plant", 'P', "ERROR", OPTION_HIDDEN, "unscanned, unprotected or unforwarded", 0},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Collect garbage while the program runs, as Appel, Ellis and Li do, by "
	       "faults of a channel of pgbarrier, and compare the heap with a shadow after "
	       "each flip.\v"
	       "Exit status: 0 all objects were sound, 1 there was damage, 2 wrong usage, "
	       "77 this kernel cannot stop threads at unmapped pages.",
};

int main(int argc, char **argv)
{
	struct options options = {.pages = 8192, .nodes = 20000, .flips = 10, .seed = 1};
	static struct heap heap;
	int status;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	need_access_faults();
	copying_set_up(&heap, &options);
	copying_run(&heap);
	print_work(&heap);
	status = print_verdict(&heap);
	copying_tear_down(&heap);
	return status;
}
