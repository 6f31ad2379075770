/* SPDX-License-Identifier: MIT */
/*
 * list.c - long linked lists that are built, changed and dropped.
 *
 * A list is the worst shape for a collector that marks with several threads, and to reverse
 * one in place writes to each of its pages.
 */
#include "prng.h"
#include "workload.h"

#define LISTS	       64
#define BYTES_PER_NODE 16 /* libgc rounds up to it */
#define REVERSE_ONE_IN 8  /* steps */
#define INSERTIONS     64 /* and as many removals, in a step */
#define NEAR_THE_FRONT 512

struct node {
	struct node *next;
	uint64_t value;
};

/* What a list should hold is known beside it. */
struct list {
	struct node *head;
	uint64_t length, sum;
};

static struct list lists[LISTS]; /* a root of the collector */

static void push(struct node **place, struct list *list, uint64_t value)
{
	struct node *node = new_object(sizeof(*node));

	node->value = value;
	node->next = *place;
	*place = node;
	list->length++;
	list->sum += value;
}

static void build(struct list *list, uint64_t length, struct prng *prng)
{
	*list = (struct list){0};
	while (list->length < length)
		push(&list->head, list, prng_next(prng));
}

static void check(const struct list *list)
{
	uint64_t length = 0, sum = 0;

	for (const struct node *node = list->head; node; node = node->next) {
		/* One that was lost may be in a circle. */
		if (length++ == list->length)
			break;
		sum += node->value;
	}
	if (length != list->length || sum != list->sum)
		damage("list %td is not what it was", list - lists);
}

static void reverse(struct list *list)
{
	struct node *reversed = NULL, *node = list->head;

	while (node) {
		struct node *next = node->next;

		node->next = reversed;
		reversed = node;
		node = next;
	}
	list->head = reversed;
}

static struct node **place_near_the_front(struct list *list, struct prng *prng)
{
	struct node **place = &list->head;

	for (uint32_t i = prng_below(prng, NEAR_THE_FRONT); i && (*place)->next; i--)
		place = &(*place)->next;
	return place;
}

static void change(struct list *list, struct prng *prng)
{
	for (unsigned i = 0; i < INSERTIONS; i++) {
		struct node **place;

		push(place_near_the_front(list, prng), list, prng_next(prng));
		place = place_near_the_front(list, prng);
		list->length--;
		list->sum -= (*place)->value;
		*place = (*place)->next;
	}
}

static void step(uint64_t number, uint64_t length, struct prng *prng)
{
	struct list *list = &lists[prng_below(prng, LISTS)];

	check(list);
	build(list, length, prng);
	change(&lists[prng_below(prng, LISTS)], prng);
	if (number % REVERSE_ONE_IN == 0)
		reverse(&lists[prng_below(prng, LISTS)]);
}

int main(int argc, char **argv)
{
	struct workload workload = workload_start(
		argc, argv, "Build, change and drop long linked lists.", NULL, NULL);
	uint64_t length = workload_bytes(&workload) / BYTES_PER_NODE / LISTS;
	uint64_t steps = (uint64_t)workload.turnover * LISTS, checksum = 0;
	struct prng prng = {workload.seed};

	pin_thread(0);
	for (unsigned i = 0; i < LISTS; i++)
		build(&lists[i], length, &prng);
	for (uint64_t i = 0; i < steps; i++)
		step(i, length, &prng);
	for (unsigned i = 0; i < LISTS; i++) {
		check(&lists[i]);
		checksum = prng_mix(checksum ^ lists[i].sum);
	}
	report(steps, "lists replaced", checksum);
	return 0;
}
