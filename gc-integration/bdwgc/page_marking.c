/* SPDX-License-Identifier: MIT */
/* page_marking.c - push what the objects of a page point to on libgc's mark stack. */
#include "page_marking.h"

#include "object.h"
#include "os/memory.h"

struct target {
	uintptr_t least, size; /* where the heap is */
	struct mark_stack *stack;
};

static const struct collector_api *api;
static size_t page_size;

void page_marking_init(const struct collector *collector)
{
	api = &collector->api;
	page_size = pgb_page_size();
}

static void push_words(uintptr_t start, uintptr_t end, const struct target *to)
{
	struct mark_stack *stack = to->stack;

	for (void **word = (void **)start; word < (void **)end; word++) {
		void *object = *(void *volatile *)word; /* once: mutators may run */

		if ((uintptr_t)object - to->least < to->size)
			stack->top =
				api->mark_and_push(object, stack->top, stack->limit, word);
	}
}

/* What to do about a full stack is libgc's business. */
static void push(uintptr_t start, uintptr_t end, const struct target *to)
{
	struct mark_stack *stack = to->stack;

	if (stack->is_known && stack->top + 1 < stack->limit)
		*++stack->top = (struct collector_mark_entry){start, end - start};
	else
		push_words(start, end, to);
}

/* Objects of one size, from the beginning of the page on; a block is a page. */
static void push_small(uintptr_t page, size_t size, const struct target *to)
{
	uintptr_t run = page, at;

	for (at = page; at + size <= page + page_size; at += size) {
		if (api->is_marked((const void *)at))
			continue;
		if (run < at)
			push(run, at, to);
		run = at + size;
	}
	if (run < at)
		push(run, at, to);
}

/* Freed meanwhile, it may be anything by now; what was put there is dirty again. */
void page_marking_push(uintptr_t page, uintptr_t least, uintptr_t most,
		       struct mark_stack *stack)
{
	struct target to = {.least = least, .size = most - least, .stack = stack};
	struct object object = object_at(api, page);
	size_t size = object_size(&object);
	uintptr_t end = page + page_size;

	if (!object_kind_has_pointers(object.kind))
		return;
	if (size <= page_size / 2)
		push_small(page, size, &to);
	else if (api->is_marked((const void *)object.start))
		push(page, object.end < end ? object.end : end, &to);
}
