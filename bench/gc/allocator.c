/* SPDX-License-Identifier: MIT */
/*
 * allocator.c - threads that do nothing but allocate.
 *
 * Each has an array of objects of many sizes, half of them without pointers, and replaces
 * one at random.  An object refers to the one whose place it took, so that it lives a
 * little longer; that one is cut off when it gets a successor of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "number_option.h"
#include "prng.h"
#include "workload.h"

#define SMALLEST_WORDS	 4
#define LARGEST_WORDS	 64
#define BYTES_PER_OBJECT 450 /* on average, with the one before */
#define DEFAULT_THREADS	 4

struct object {
	struct object *before; /* the one that it took the place of; plain ones have none */
	uint64_t stamp;
	uint32_t words; /* of all of it; the rest of them is the stamp */
	bool plain;
	uint64_t rest[];
};

_Static_assert(sizeof(struct object) <= SMALLEST_WORDS * sizeof(uint64_t),
	       "the smallest object has no rest");

struct allocator {
	pthread_t thread;
	unsigned number;
	uint32_t count;
	struct object **objects;
	uint64_t replacements, checksum;
	struct prng prng;
};

static struct allocator allocators[WORKLOAD_THREADS]; /* a root of the collector */

static size_t words_of_rest(const struct object *object)
{
	return object->words - sizeof(*object) / sizeof(uint64_t);
}

static struct object *new_stamped(struct prng *prng)
{
	uint64_t stamp = prng_next(prng);
	/* Small ones are more frequent. */
	uint32_t most = SMALLEST_WORDS + prng_below(prng, LARGEST_WORDS - SMALLEST_WORDS);
	uint32_t words = SMALLEST_WORDS + prng_below(prng, most - SMALLEST_WORDS + 1);
	bool plain = stamp & 1;
	struct object *object = plain ? new_plain(words * sizeof(uint64_t))
				      : new_object(words * sizeof(uint64_t));

	object->before = NULL;
	object->stamp = stamp;
	object->words = words;
	object->plain = plain;
	for (size_t i = 0; i < words_of_rest(object); i++)
		object->rest[i] = (uint32_t)stamp;
	return object;
}

static void check(const struct object *object)
{
	if (object->words < SMALLEST_WORDS || object->words > LARGEST_WORDS)
		damage("an object of %u words", object->words);
	for (size_t i = 0; i < words_of_rest(object); i++) {
		if (object->rest[i] != (uint32_t)object->stamp)
			damage("an object of %u words", object->words);
	}
}

static void replace(struct allocator *allocator)
{
	uint32_t at = prng_below(&allocator->prng, allocator->count);
	struct object *old = allocator->objects[at];
	struct object *new = new_stamped(&allocator->prng);

	check(old);
	if (old->before)
		check(old->before);
	old->before = NULL;
	if (!new->plain)
		new->before = old;
	allocator->objects[at] = new;
}

static void *run(void *argument)
{
	struct allocator *allocator = argument;

	pin_thread(allocator->number);
	allocator->objects = new_object(allocator->count * sizeof(struct object *));
	for (uint32_t i = 0; i < allocator->count; i++)
		allocator->objects[i] = new_stamped(&allocator->prng);
	for (uint64_t i = 0; i < allocator->replacements; i++)
		replace(allocator);
	for (uint32_t i = 0; i < allocator->count; i++) {
		check(allocator->objects[i]);
		allocator->checksum =
			prng_mix(allocator->checksum ^ allocator->objects[i]->stamp);
	}
	return NULL;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	unsigned *threads = state->input;

	if (key != 'T')
		return ARGP_ERR_UNKNOWN;
	*threads = number_option(state, "threads", argument, 1, WORKLOAD_THREADS);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_option option_table[] = {
		{"threads", 'T', "N", 0, "Threads; each has its share (4)", 0},
		{0},
	};
	static const struct argp own = {.options = option_table, .parser = parse_option};
	unsigned threads = DEFAULT_THREADS;
	struct workload workload = workload_start(
		argc, argv, "Allocate with several threads.", &own, &threads);
	size_t objects = workload_bytes(&workload) / BYTES_PER_OBJECT / threads;
	uint64_t replacements = 0, checksum = 0;

	for (unsigned i = 0; i < threads; i++) {
		struct allocator *allocator = &allocators[i];

		allocator->number = i;
		allocator->count = (uint32_t)objects;
		allocator->replacements = objects * workload.turnover;
		allocator->prng.state = workload.seed + i;
		errno = pthread_create(&allocator->thread, NULL, run, allocator);
		if (errno)
			die("cannot start a thread");
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(allocators[i].thread, NULL);
		replacements += allocators[i].replacements;
		checksum = prng_mix(checksum ^ allocators[i].checksum);
	}
	report(replacements, "objects replaced", checksum);
	return 0;
}
