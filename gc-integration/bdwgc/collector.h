/* SPDX-License-Identifier: MIT */
/*
 * collector.h - libgc, as it was found in this process.
 *
 * Nothing of libgc's is linked: the preload also runs in programs without it, and what
 * a version lacks is found missing here.
 */
#ifndef PGB_BDWGC_COLLECTOR_H
#define PGB_BDWGC_COLLECTOR_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* GC_EventType of gc.h; the values are the same since 7.6. */
enum collector_event {
	COLLECTOR_START = 0, /* in incremental mode: of a collection that is waited for */
	COLLECTOR_MARK_START = 1,
	COLLECTOR_MARK_END = 2,
	COLLECTOR_RECLAIM_END = 4,
	COLLECTOR_PRE_STOP_WORLD = 6,
	COLLECTOR_POST_STOP_WORLD = 7,
	COLLECTOR_PRE_START_WORLD = 8,
	COLLECTOR_POST_START_WORLD = 9,
};

typedef void collector_event_handler(int event);
typedef void collector_push_roots(void);
typedef int collector_stop_function(void);

/* Of libgc's mark stack.  It is private, and not known to be so before one was seen. */
struct collector_mark_entry {
	uintptr_t start;
	uintptr_t descriptor; /* of this many bytes, any word of which may be a pointer */
};

typedef struct collector_mark_entry *
collector_mark_procedure(uintptr_t *object, struct collector_mark_entry *top,
			 struct collector_mark_entry *limit, uintptr_t environment);

/* The beginning of libgc's struct GC_prof_stats_s, in bytes. */
struct collector_heap {
	size_t size;	  /* with what is unmapped */
	size_t free;	  /* whole free blocks, with what is unmapped */
	size_t unmapped;  /* given back to the kernel */
	size_t allocated; /* since the last collection ended */
};

/* Public functions of libgc; the names without GC_. */
struct collector_api {
	unsigned (*get_version)(void);
	int (*is_init_called)(void);
	int (*is_incremental_mode)(void);
	int (*is_heap_ptr)(const void *address); /* takes no lock */
	size_t (*get_gc_no)(void);
	void (*set_on_collection_event)(collector_event_handler *handler);
	collector_event_handler *(*get_on_collection_event)(void);
	/* For manual virtual dirty bits; since 8.0. */
	void (*set_manual_vdb_allowed)(int allowed);
	void (*end_stubborn_change)(const void *address);
	/* For how often it collects, and how much of the heap. */
	size_t (*get_min_bytes_allocd)(void); /* since 8.0 */
	void (*set_min_bytes_allocd)(size_t bytes);
	/* Takes no lock; fills in as much as there is room for.  Since 7.6. */
	size_t (*get_prof_stats_unsafe)(struct collector_heap *heap, size_t size);
	int (*get_full_freq)(void);
	void (*set_full_freq)(int frequency);
	size_t (*get_free_space_divisor)(void); /* since 7.2 */
	/* Of an object, or of any address in the heap; take no lock. */
	void *(*base)(void *address);	      /* NULL: there is no object */
	int (*is_marked)(const void *object); /* since 7.2 */
	int (*get_kind_and_size)(const void *object, size_t *size); /* since 7.6 */
	/* For roots of one's own; push_all() is for such a procedure alone. */
	void (*set_push_other_roots)(collector_push_roots *procedure); /* since 7.4 */
	collector_push_roots *(*get_push_other_roots)(void);
	void (*push_all)(void *start, void *end);
	/* For marking; of a mark bit only with the allocation lock held, or by a marker. */
	void (*clear_mark_bit)(const void *object);
	struct collector_mark_entry *(*mark_and_push)(void *object,
						      struct collector_mark_entry *top,
						      struct collector_mark_entry *limit,
						      void **source);
	/* For objects with a marking procedure.  They take the allocation lock. */
	unsigned (*new_proc)(collector_mark_procedure *procedure);
	void **(*new_free_list)(void);
	unsigned (*new_kind)(void **free_list, uintptr_t descriptor, int adds_size,
			     int clears);
	void *(*generic_malloc)(size_t size, int kind);
	void (*disable)(void); /* collections, until as many calls of enable() */
	void (*enable)(void);
	/* For bounded pauses. */
	int (*get_rate)(void);
	void (*set_rate)(int rate);
	int (*get_max_prior_attempts)(void);
	void (*set_max_prior_attempts)(int attempts);
	/* They take the allocation lock; the first two since 7.2. */
	void (*set_stop_func)(collector_stop_function *function);
	collector_stop_function *(*get_stop_func)(void);
	int (*try_to_collect)(collector_stop_function *function);
	int (*get_find_leak)(void); /* takes none */
};

struct collector {
	struct collector_api api; /* NULL for what this version lacks */
	char path[160];
	char version[16];
	uintptr_t base; /* what its addresses in the file are relative to */
	const ElfW(Phdr) * headers;
	size_t header_count;
	const ElfW(Dyn) * dynamic;
	uintptr_t *arrays;     /* GC_arrays, if it is to be seen */
	bool defines_malloc;   /* it takes the place of libc's */
	bool reads_soft_dirty; /* was built to use the kernel's soft-dirty bits */
};

/*
 * Fill in *collector.  False: libgc is not a shared object that is loaded now; then
 * `reason` says how so.
 */
bool collector_find(struct collector *collector, char *reason, size_t reason_size);

/* Can it tell of its collections?  Everything here depends on that. */
bool collector_has_events(const struct collector *collector);
bool collector_has_manual_vdb(const struct collector *collector);
bool collector_has_pace_settings(const struct collector *collector);
bool collector_has_pause_settings(const struct collector *collector);

#endif
