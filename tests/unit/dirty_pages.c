/* SPDX-License-Identifier: MIT */
/* dirty_pages.c - tests of gc-integration/bdwgc/dirty_pages.c, with a libgc of ours. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arming.h"
#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "heap.h"
#include "message.h"
#include "os/memory.h"

enum {
	PAGES = 64,
	PAGE = 4096,
	SMALL = 64, /* bytes of an object; objects of SMALL_PAGES pages are small */
	SMALL_PAGES = 32,
	LARGE_PAGES =
		PAGES - SMALL_PAGES, /* one object: the first of its bytes are in use */
	OWN = 32,		     /* objects that dirty_pages.c makes */
	DEPTH = 4096,
	DESCRIPTOR = 9 << 2 | 2, /* of an object that has the procedure */
	THREADS = 4,
	TABLE_MIB = 1,
};

/* A heap whose blocks are pages. */
static struct {
	char *memory;
	int kind[PAGES];
	AO_t marks[PAGES * PAGE / SMALL]; /* of the object that begins there */
	size_t large;			  /* bytes of the large object */
	bool is_misaligned, is_tiny;	  /* what is made of ours */
	bool is_strange;		  /* how its mark stack looks */
	uint64_t bytes;
} libgc_heap;

static char own_memory[OWN * PAGE] __attribute__((aligned(PAGE)));
static char small[PAGE] __attribute__((aligned(PAGE)));
static bool probes_are_marked;
static AO_t own_is_marked[OWN]; /* markers share the ballast */
static size_t owns;
static AO_t ballasts;
static AO_t finders;	/* calls of find_more() at this moment */
static AO_t intrusions; /* by markers that should have had to stay out */
static collector_mark_procedure *marker;
static collector_push_roots *procedure;
static unsigned programs, reports;
static uintptr_t reported[PAGES];

static bool is_own(const void *object)
{
	return (uintptr_t)object - (uintptr_t)own_memory < sizeof(own_memory);
}

static struct pgb_ranges ranges;
static AO_t readers;

const struct pgb_range_table *heap_ranges(void)
{
	return pgb_ranges_current(&ranges);
}

uint64_t heap_bytes(void)
{
	return libgc_heap.bytes;
}

static bool can_be_empty, tells_of_stops;
static unsigned walk_ends;

void empty_walk_find(const void *object)
{
	assert_true(is_own(object));
}

void arming_blocks_are_pages(void)
{
}

bool empty_walk_is_possible(void)
{
	return can_be_empty;
}

bool events_tells_of_stops(void)
{
	return tells_of_stops;
}

void empty_walk_end(void)
{
	assert_int_equal(programs, 0);
	walk_ends++;
}

void message_info(const char *format, ...)
{
	(void)format;
}

static char *page_at(size_t page)
{
	return libgc_heap.memory + page * PAGE;
}

static char *large(void)
{
	return page_at(SMALL_PAGES);
}

static size_t own_index(const void *object)
{
	return ((uintptr_t)object - (uintptr_t)own_memory) / PAGE;
}

static AO_t *marks_of(const void *object)
{
	return &libgc_heap
			.marks[((uintptr_t)object - (uintptr_t)libgc_heap.memory) / SMALL];
}

static bool is_probe(const void *object)
{
	return (uintptr_t)object - (uintptr_t)small < sizeof(small);
}

static void *base(void *address)
{
	uintptr_t at = (uintptr_t)address - (uintptr_t)libgc_heap.memory;

	if (is_probe(address))
		return address;
	if (at >= (uintptr_t)PAGES * PAGE || libgc_heap.kind[at / PAGE] < 0)
		return NULL;
	if (at < (uintptr_t)SMALL_PAGES * PAGE)
		return libgc_heap.memory + at / SMALL * SMALL;
	return at < (uintptr_t)SMALL_PAGES * PAGE + libgc_heap.large ? large() : NULL;
}

static int get_kind_and_size(const void *object, size_t *size)
{
	*size = object == large() ? libgc_heap.large : SMALL;
	return libgc_heap.kind[((uintptr_t)object - (uintptr_t)libgc_heap.memory) / PAGE];
}

static int is_marked(const void *object)
{
	if (is_probe(object))
		return probes_are_marked;
	return AO_load(marks_of(object)) != 0;
}

static void clear_mark_bit(const void *object)
{
	assert_true(is_own(object));
	AO_store(&own_is_marked[own_index(object)], 0);
}

static struct collector_mark_entry *push(void *object, struct collector_mark_entry *top)
{
	*++top = (struct collector_mark_entry){
		.start = (uintptr_t)object,
		.descriptor =
			is_own(object) && own_index(object) != 16 ? DESCRIPTOR : SMALL,
	};
	if (libgc_heap.is_strange)
		top->descriptor++;
	return top;
}

static struct collector_mark_entry *mark_found(void *object,
					       struct collector_mark_entry *top)
{
	void *found = is_own(object) ? object : base(object);

	if (is_probe(object))
		return top;
	if (!is_own(object))
		return found && !AO_fetch_and_add1(marks_of(found)) ? push(found, top)
								    : top;
	return AO_compare_and_swap_full(&own_is_marked[own_index(object)], 0, 1)
		       ? push(object, top)
		       : top;
}

static struct collector_mark_entry *mark_and_push(void *object,
						  struct collector_mark_entry *top,
						  struct collector_mark_entry *limit,
						  void **source)
{
	assert_true(top < limit);
	assert_ptr_equal(*source, object);
	if (AO_load(&finders))
		AO_fetch_and_add1(&intrusions);
	return mark_found(object, top);
}

static struct collector_mark_entry *look_at_words(const struct collector_mark_entry *entry,
						  struct collector_mark_entry *top)
{
	void **end = (void **)(entry->start + entry->descriptor);

	for (void **word = (void **)entry->start; word < end; word++)
		if (base(*word))
			top = mark_found(*word, top);
	return top;
}

/* As GC_mark_from() does, but the objects of strange entries have no pointers. */
static void work_off(struct collector_mark_entry *stack, struct collector_mark_entry *top,
		     unsigned most)
{
	while (top > stack) {
		struct collector_mark_entry entry = *top--;
		void *object = (void *)entry.start;

		if (!is_own(object) && !libgc_heap.is_strange) {
			top = look_at_words(&entry, top);
		} else if (is_own(object) && own_index(object) == 16) {
			AO_fetch_and_add1(&ballasts);
		} else if (is_own(object) && most) {
			most--;
			top = marker(object, top, stack + DEPTH, 0);
		}
	}
}

static unsigned steps; /* so many calls of the marking procedure, at the most */

static void push_all(void *start, void *end)
{
	static struct collector_mark_entry stack[DEPTH];
	struct collector_mark_entry *top = stack;

	assert_int_equal(programs, 0);
	for (void **root = start; root < (void **)end; root++)
		top = mark_and_push(*root, top, stack + DEPTH, root);
	work_off(stack, top, steps);
}

static unsigned new_proc(collector_mark_procedure *procedure_)
{
	marker = procedure_;
	return 9;
}

static void **new_free_list(void)
{
	return NULL;
}

static unsigned new_kind(void **list, uintptr_t descriptor, int adds_size, int clears)
{
	(void)list;
	assert_int_equal(descriptor, DESCRIPTOR);
	assert_int_equal(adds_size, 0);
	assert_int_equal(clears, 1); /* libgc's assertion */
	return 7;
}

static void *generic_malloc(size_t size, int kind)
{
	static size_t used;

	if (kind) {
		assert_true(owns < OWN);
		assert_true(size > PAGE / 2);
		return own_memory + owns++ * PAGE + (libgc_heap.is_misaligned ? 2048 : 0);
	}
	used = libgc_heap.is_tiny ? (used / 1024 + 1) * 1024 : used + size;
	return small + used % 2048;
}

static void nothing(void)
{
}

static int is_there(void)
{
	return 1;
}

static void of_program(void)
{
	programs++;
}

static void set_procedure(collector_push_roots *to)
{
	procedure = to;
}

static collector_push_roots *get_procedure(void)
{
	return procedure;
}

static struct collector libgc = {
	.api =
		{
			.base = base,
			.is_marked = is_marked,
			.is_init_called = is_there,
			.get_kind_and_size = get_kind_and_size,
			.push_all = push_all,
			.set_push_other_roots = set_procedure,
			.get_push_other_roots = get_procedure,
			.clear_mark_bit = clear_mark_bit,
			.mark_and_push = mark_and_push,
			.new_proc = new_proc,
			.new_free_list = new_free_list,
			.new_kind = new_kind,
			.generic_malloc = generic_malloc,
			.disable = nothing,
			.enable = nothing,
		},
};

static void note(void *arg, uintptr_t start, uintptr_t end)
{
	assert_ptr_equal(arg, &libgc);
	for (; start < end; start += PAGE) {
		if (reports < PAGES)
			reported[reports] = start;
		reports++;
	}
}

static void begin_harvest(void)
{
	reports = 0;
	dirty_pages_begin_harvest(note, &libgc);
}

static void report(size_t page, size_t count)
{
	dirty_pages_report((uintptr_t)page_at(page), (uintptr_t)page_at(page + count), note,
			   &libgc);
}

static void mark_some(unsigned most)
{
	programs = 0;
	steps = most;
	procedure();
	assert_int_equal(programs, 1);
}

static void mark(void)
{
	mark_some(1000000);
}

static int find_libgc(void **state)
{
	size_t bytes = PAGES * PAGE;

	(void)state;
	libgc_heap.memory = pgb_memory_map(bytes);
	assert_non_null(libgc_heap.memory);
	pgb_ranges_init(&ranges, &readers);
	pgb_ranges_publish(&ranges,
			   pgb_range_table_with(heap_ranges(), (uintptr_t)libgc_heap.memory,
						(uintptr_t)libgc_heap.memory + bytes));
	procedure = of_program;
	return dirty_pages_init(&libgc, TABLE_MIB)
		       ?: dirty_pages_make_room((uintptr_t)libgc_heap.memory,
						(uintptr_t)libgc_heap.memory + bytes);
}

static int begin(void **state)
{
	(void)state;
	memset(libgc_heap.memory, 0, PAGES * PAGE);
	memset(libgc_heap.marks, 0, sizeof(libgc_heap.marks));
	for (size_t page = 0; page < PAGES; page++)
		libgc_heap.kind[page] = 1;
	libgc_heap.large = LARGE_PAGES * PAGE;
	libgc_heap.bytes = TABLE_MIB << 20;
	memset(own_is_marked, 0, sizeof(own_is_marked));
	owns = 0;
	dirty_pages_prepare();
	dirty_pages_begin_harvest(NULL, NULL);
	begin_harvest();
	AO_store(&ballasts, 0);
	return 0;
}

/* The n-th small object, from page `page` on. */
static char *object(size_t page, size_t n)
{
	return page_at(page) + n * SMALL;
}

static void point(char *from, char *to)
{
	*(char **)(from + 8) = to + 3;
}

/* In the first page: a marked and an unmarked object, each with a leaf. */
static void make_two(void)
{
	point(object(0, 0), object(9, 0));
	point(object(0, 5), object(9, 5));
	AO_store(marks_of(object(0, 5)), 1);
}

static void before_it_is_prepared_all_is_reported(void **state)
{
	(void)state;
	libgc_heap.kind[0] = 1;
	begin_harvest();
	report(0, 3);
	assert_int_equal(reports, 3);
	programs = 0;
	procedure();
	assert_int_equal(programs, 1);
}

/* As in another program. */
static void begin_anew(void)
{
	owns = 0;
	assert_int_equal(dirty_pages_init(&libgc, TABLE_MIB), 0);
	assert_int_equal(dirty_pages_make_room((uintptr_t)libgc_heap.memory,
					       (uintptr_t)libgc_heap.memory + PAGES * PAGE),
			 0);
}

static void other_blocks_than_pages_are_left_to_libgc(void **state)
{
	libgc_heap.is_misaligned = true;
	dirty_pages_prepare();
	before_it_is_prepared_all_is_reported(state);
	libgc_heap.is_misaligned = false;
	procedure = of_program;
	begin_anew();
	libgc_heap.is_tiny = true;
	dirty_pages_prepare();
	before_it_is_prepared_all_is_reported(state);
	libgc_heap.is_tiny = false;
	procedure = of_program;
	begin_anew();
}

static void what_marked_objects_point_to_is_marked(void **state)
{
	(void)state;
	make_two();
	point(object(1, 0), object(9, 9));
	AO_store(marks_of(object(1, 0)), 1);
	report(0, 1);
	assert_int_equal(reports, 0);
	mark();
	assert_true(is_marked(object(9, 5)));
	assert_false(is_marked(object(9, 0)));
	assert_false(is_marked(object(9, 9)));
}

static void the_last_word_and_the_last_object_count(void **state)
{
	char *last = object(0, PAGE / SMALL - 1);

	(void)state;
	*(char **)(last + SMALL - sizeof(char *)) = object(9, 1);
	AO_store(marks_of(last), 1);
	report(0, 1);
	mark();
	assert_true(is_marked(object(9, 1)));
}

static void pages_are_marked_from_once(void **state)
{
	(void)state;
	make_two();
	report(0, 1);
	mark();
	AO_store(marks_of(object(9, 5)), 0);
	begin_harvest();
	mark();
	assert_false(is_marked(object(9, 5)));
}

/* A try that runs out of time goes on later, and until then nothing is forgotten. */
static void what_is_left_waits(void **state)
{
	(void)state;
	make_two();
	point(object(3, 0), object(9, 7));
	AO_store(marks_of(object(3, 0)), 1);
	report(0, 1);
	report(3, 1);
	mark_some(0);
	begin_harvest();
	report(5, 1);
	mark_some(1);
	assert_true(is_marked(object(9, 5)));
	assert_false(is_marked(object(9, 7)));
	begin_harvest();
	mark();
	assert_true(is_marked(object(9, 7)));
	assert_int_equal(reports, 0);
}

static void libgc_is_given_runs_of_objects(void **state)
{
	struct collector_mark_entry stack[DEPTH], *top = stack + 1;

	(void)state;
	AO_store(marks_of(object(0, 5)), 1);
	AO_store(marks_of(object(0, 6)), 1);
	AO_store(marks_of(object(0, PAGE / SMALL - 1)), 1);
	report(0, 1);
	top = marker((void *)own_memory, top, stack + DEPTH, 0);
	assert_ptr_equal(top, stack + 4);
	assert_int_equal(stack[2].start, (uintptr_t)own_memory);
	assert_int_equal(stack[3].start, (uintptr_t)object(0, 5));
	assert_int_equal(stack[3].descriptor, 2 * SMALL);
	assert_int_equal(top->start, (uintptr_t)object(0, PAGE / SMALL - 1));
	assert_int_equal(top->descriptor, SMALL);
	assert_int_equal(AO_load(&ballasts), 0);
}

/* The last entry before the limit is for libgc to make, who knows what to do then. */
static void or_each_word_where_there_is_little_room(void **state)
{
	struct collector_mark_entry stack[DEPTH], *top;

	(void)state;
	make_two();
	report(0, 1);
	top = marker((void *)own_memory, stack, stack + 2, 0);
	assert_ptr_equal(top, stack + 2);
	assert_int_equal(top->start, (uintptr_t)object(9, 5));
	assert_true(is_marked(object(9, 5)));
}

/* Libgc looks at the clock after so many bytes, and a word that is pushed is none. */
static void or_with_ballast_where_its_stack_is_not_known(void **state)
{
	(void)state;
	libgc_heap.is_strange = true;
	make_two();
	report(0, 7);
	mark();
	libgc_heap.is_strange = false;
	assert_int_equal(AO_load(&ballasts), 1 + 7);
	assert_true(is_marked(object(9, 5)));
	assert_false(is_marked(object(9, 0)));
}

static void other_kinds_are_reported(void **state)
{
	uint64_t before;

	(void)state;
	libgc_heap.kind[2] = 5;
	libgc_heap.kind[4] = 6;
	before = dirty_pages_passed_on();
	report(0, 8);
	assert_int_equal(reports, 2);
	assert_int_equal(dirty_pages_passed_on(), before + 2);
	assert_int_equal(reported[0], (uintptr_t)page_at(2));
	assert_int_equal(reported[1], (uintptr_t)page_at(4));
}

static void uncollectable_objects_are_marked_from(void **state)
{
	(void)state;
	make_two();
	libgc_heap.kind[0] = 2;
	report(0, 1);
	assert_int_equal(reports, 0);
	mark();
	assert_true(is_marked(object(9, 5)));
}

static void pages_without_pointers_are_nobodys(void **state)
{
	(void)state;
	make_two();
	libgc_heap.kind[0] = 0;
	report(0, 1);
	assert_int_equal(reports, 0);
	mark();
	assert_false(is_marked(object(9, 5)));
	assert_int_equal(AO_load(&ballasts), 1);
}

static void and_so_are_pages_without_objects(void **state)
{
	(void)state;
	libgc_heap.kind[0] = -1;
	report(0, 2);
	assert_int_equal(reports, 0);
	libgc_heap.bytes--;
	begin_harvest();
	report(0, 2);
	assert_int_equal(reports, 1);
}

static void of_a_small_heap_only_large_objects(void **state)
{
	(void)state;
	libgc_heap.bytes--;
	begin_harvest();
	report(0, 2);
	report(SMALL_PAGES, 2);
	assert_int_equal(reports, 2);
	assert_int_equal(reported[1], (uintptr_t)page_at(1));
	begin(state);
	libgc_heap.bytes--;
	libgc_heap.large = 15 * PAGE;
	begin_harvest();
	report(SMALL_PAGES, 2);
	assert_int_equal(reports, 2);
}

static void or_as_in_a_large_one_if_wanted(void **state)
{
	(void)state;
	make_two();
	libgc_heap.bytes--;
	dirty_pages_keep_small(true);
	assert_true(dirty_pages_keeps_small()); /* that is of the harvest before */
	begin_harvest();
	report(0, 1);
	assert_int_equal(reports, 0);
	mark();
	assert_true(is_marked(object(9, 5)));
	dirty_pages_keep_small(false);
	begin_harvest();
	assert_false(dirty_pages_keeps_small());
	report(0, 1);
	assert_int_equal(reports, 1);
}

static void or_where_libgc_need_not_look_then(void **state)
{
	(void)state;
	make_two();
	libgc_heap.bytes = 0;
	can_be_empty = true;
	begin_harvest();
	report(0, 1);
	assert_int_equal(reports, 1);
	tells_of_stops = true;
	begin_harvest();
	report(0, 1);
	can_be_empty = tells_of_stops = false;
	assert_int_equal(reports, 0);
	walk_ends = 0;
	mark();
	assert_int_equal(walk_ends, 1);
	assert_true(is_marked(object(9, 5)));
}

static void whether_marks_hold_is_known(void **state)
{
	collector_push_roots *ours = procedure;

	(void)state;
	assert_false(dirty_pages_marks_hold());
	assert_true(dirty_pages_marks_are_cleared());
	probes_are_marked = true;
	assert_true(dirty_pages_marks_hold());
	assert_false(dirty_pages_marks_are_cleared());
	procedure = nothing; /* past us */
	assert_false(dirty_pages_marks_hold());
	assert_false(dirty_pages_marks_are_cleared());
	procedure = ours;
	probes_are_marked = false;
}

static void of_a_large_object_only_dirty_pages(void **state)
{
	(void)state;
	libgc_heap.large -= 1000;
	AO_store(marks_of(large()), 1);
	*(char **)(large() + 3 * PAGE) = object(9, 1);
	*(char **)(large() + 4 * PAGE) = object(9, 2);
	*(char **)(page_at(PAGES) - 1000) = object(9, 3); /* right behind the object */
	report(SMALL_PAGES + 3, 1);
	report(PAGES - 1, 1);
	mark();
	assert_true(is_marked(object(9, 1)));
	assert_false(is_marked(object(9, 2)));
	assert_false(is_marked(object(9, 3)));
}

static void freed_ones_are_not_marked_from(void **state)
{
	(void)state;
	make_two();
	report(0, 1);
	libgc_heap.kind[0] = -1;
	mark();
	assert_false(is_marked(object(9, 5)));
}

static void where_all_is_marked_nothing_waits(void **state)
{
	(void)state;
	make_two();
	report(0, 1);
	dirty_pages_begin_harvest(NULL, NULL);
	mark();
	assert_false(is_marked(object(9, 5)));
}

static void *mark_beside(void *arg)
{
	struct collector_mark_entry *stack = calloc(DEPTH, sizeof(*stack));

	work_off(stack, push(arg, stack), 1000000);
	free(stack);
	return NULL;
}

/* As marker threads do, each with objects that nobody else has. */
static void markers_share_the_pages(void **state)
{
	pthread_t threads[THREADS];

	for (int round = 0; round < 200; round++) {
		begin(state);
		for (size_t page = 0; page < SMALL_PAGES - 1; page++) {
			point(object(page, 0), object(SMALL_PAGES - 1, page));
			AO_store(marks_of(object(page, 0)), 1);
		}
		report(0, SMALL_PAGES - 1);
		for (size_t i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, mark_beside,
				       own_memory + i * PAGE);
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		for (size_t page = 0; page < SMALL_PAGES - 1; page++)
			assert_int_equal(AO_load(marks_of(object(SMALL_PAGES - 1, page))),
					 1);
	}
}

static unsigned harvests, harvests_most;

/* Each finds the next page; the last finds nothing. */
static bool find_more(void)
{
	bool more = harvests < harvests_most;

	if (AO_fetch_and_add1_full(&finders))
		AO_fetch_and_add1(&intrusions);
	if (more) {
		begin_harvest();
		report(harvests++, 1);
	}
	for (int i = 0; i < 10; i++)
		sched_yield();
	AO_fetch_and_sub1_full(&finders);
	return more;
}

/* Objects on each of the first pages that point to one on the last of the small. */
static void make_chain(size_t count)
{
	for (size_t page = 0; page < count; page++) {
		point(object(page, 0), object(SMALL_PAGES - 1, page));
		AO_store(marks_of(object(page, 0)), 1);
	}
}

static size_t chain_marked(void)
{
	size_t marked = 0;

	for (size_t page = 0; page < SMALL_PAGES - 1; page++)
		marked += is_marked(object(SMALL_PAGES - 1, page));
	return marked;
}

static void ask(unsigned most)
{
	harvests = 0;
	harvests_most = most;
	dirty_pages_ask(find_more);
}

static void where_no_page_waits_more_is_asked_for(void **state)
{
	(void)state;
	make_chain(4);
	ask(3);
	report(3, 1);
	mark();
	assert_int_equal(harvests, 3);
	assert_int_equal(chain_marked(), 4);
	/* What has been found and was not taken yet waits as any other. */
	begin(state);
	make_chain(4);
	ask(2);
	report(3, 1);
	mark_some(2);
	assert_int_equal(harvests, 1);
	begin_harvest();
	mark_some(1);
	dirty_pages_ask(NULL);
	assert_int_equal(chain_marked(), 2);
}

/* Or else that is before anything is marked that hangs on libgc's other roots. */
static void not_where_none_waited(void **state)
{
	(void)state;
	make_chain(3);
	ask(3);
	mark();
	assert_int_equal(harvests, 0);
	report(3, 1);
	mark();
	assert_int_equal(harvests, 3);
	begin_harvest();
	ask(3);
	mark();
	dirty_pages_ask(NULL);
	assert_int_equal(harvests, 0);
}

/* There is as good as nothing to find: the rest is in libgc's table. */
static void of_a_small_heap_nothing_is_asked(void **state)
{
	(void)state;
	libgc_heap.bytes--;
	begin_harvest();
	ask(3);
	report(SMALL_PAGES, 1);
	mark();
	dirty_pages_ask(NULL);
	assert_int_equal(harvests, 0);
}

/* One of them harvests, and that is one that has the others to itself; nothing is lost. */
static void only_one_marker_asks(void **state)
{
	pthread_t threads[THREADS];
	unsigned all = 0;

	for (int round = 0; round < 200; round++) {
		begin(state);
		make_chain(SMALL_PAGES - 1);
		ask(SMALL_PAGES - 2);
		report(SMALL_PAGES - 2, 1);
		for (size_t i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, mark_beside,
				       own_memory + i * PAGE);
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(chain_marked(), harvests + 1);
		assert_int_equal(AO_load(&intrusions), 0);
		all += harvests;
	}
	dirty_pages_ask(NULL);
	assert_int_not_equal(all, 0);
}

void GC_set_push_other_roots(collector_push_roots *procedure);
collector_push_roots *GC_get_push_other_roots(void);

static void the_programs_roots_are_known(void **state)
{
	collector_push_roots *libgcs = GC_get_push_other_roots(), *ours = procedure;

	(void)state;
	assert_false(dirty_pages_has_programs_roots());
	GC_set_push_other_roots(nothing);
	assert_true(dirty_pages_has_programs_roots());
	GC_set_push_other_roots(libgcs);
	assert_false(dirty_pages_has_programs_roots());
	procedure = nothing; /* past us */
	assert_true(dirty_pages_has_programs_roots());
	procedure = ours;
}

static void expect_given_up(void)
{
	begin_harvest();
	assert_int_equal(reports, 3);
	assert_int_equal(reported[2], (uintptr_t)page_at(4));
	report(7, 1);
	assert_int_equal(reports, 4);
}

/* Nobody would call our procedure: what waits goes to libgc, and so does all from now on.
 */
static void set_past_us(void **state)
{
	(void)state;
	report(0, 2);
	report(4, 1);
	procedure = of_program;
	expect_given_up();
	begin_anew();
}

void GC_register_disclaim_proc(int kind, int (*procedure)(void *object), int mark_from_all);

static int disclaim(void *object)
{
	(void)object;
	return 0;
}

static void unmarked_objects_are_for_libgc(void **state)
{
	(void)state;
	GC_register_disclaim_proc(1, disclaim, 0);
	GC_register_disclaim_proc(5, disclaim, 1);
	begin_harvest();
	report(0, 2);
	report(4, 1);
	assert_int_equal(reports, 0);
	GC_register_disclaim_proc(1, disclaim, 1);
	expect_given_up();
}

/* The world waits for look-ups; those in one object are one. */
static void look_ups_end(void **state)
{
	(void)state;
	libgc_heap.bytes--;
	begin_harvest();
	for (int i = 0; i < 4095; i++)
		report(i % 2, 1);
	reports = 0;
	report(SMALL_PAGES, LARGE_PAGES);
	report(SMALL_PAGES, 2);
	assert_int_equal(reports, 0);
	report(0, 1);
	report(SMALL_PAGES, 1);
	assert_int_equal(reports, 1);
	assert_int_equal(reported[0], (uintptr_t)page_at(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_it_is_prepared_all_is_reported),
		cmocka_unit_test(other_blocks_than_pages_are_left_to_libgc),
		cmocka_unit_test_setup(what_marked_objects_point_to_is_marked, begin),
		cmocka_unit_test_setup(the_last_word_and_the_last_object_count, begin),
		cmocka_unit_test_setup(pages_are_marked_from_once, begin),
		cmocka_unit_test_setup(what_is_left_waits, begin),
		cmocka_unit_test_setup(libgc_is_given_runs_of_objects, begin),
		cmocka_unit_test_setup(or_each_word_where_there_is_little_room, begin),
		cmocka_unit_test_setup(or_with_ballast_where_its_stack_is_not_known, begin),
		cmocka_unit_test_setup(other_kinds_are_reported, begin),
		cmocka_unit_test_setup(uncollectable_objects_are_marked_from, begin),
		cmocka_unit_test_setup(pages_without_pointers_are_nobodys, begin),
		cmocka_unit_test_setup(and_so_are_pages_without_objects, begin),
		cmocka_unit_test_setup(of_a_small_heap_only_large_objects, begin),
		cmocka_unit_test_setup(or_as_in_a_large_one_if_wanted, begin),
		cmocka_unit_test_setup(or_where_libgc_need_not_look_then, begin),
		cmocka_unit_test_setup(whether_marks_hold_is_known, begin),
		cmocka_unit_test_setup(of_a_large_object_only_dirty_pages, begin),
		cmocka_unit_test_setup(freed_ones_are_not_marked_from, begin),
		cmocka_unit_test_setup(where_all_is_marked_nothing_waits, begin),
		cmocka_unit_test_setup(markers_share_the_pages, begin),
		cmocka_unit_test_setup(where_no_page_waits_more_is_asked_for, begin),
		cmocka_unit_test_setup(not_where_none_waited, begin),
		cmocka_unit_test_setup(of_a_small_heap_nothing_is_asked, begin),
		cmocka_unit_test_setup(only_one_marker_asks, begin),
		cmocka_unit_test_setup(the_programs_roots_are_known, begin),
		cmocka_unit_test_setup(look_ups_end, begin),
		cmocka_unit_test_setup(set_past_us, begin),
		cmocka_unit_test_setup(unmarked_objects_are_for_libgc, begin),
	};

	return cmocka_run_group_tests(tests, find_libgc, NULL);
}
