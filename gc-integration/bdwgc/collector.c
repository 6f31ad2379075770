/* SPDX-License-Identifier: MIT */
/* collector.c - libgc, as it was found in this process. */
#include "collector.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct search {
	uintptr_t address; /* of GC_init */
	struct collector *collector;
	size_t objects_before;
	bool is_program;
};

static bool contains(const struct dl_phdr_info *object, uintptr_t address)
{
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_LOAD && address - start < header->p_memsz)
			return true;
	}
	return false;
}

static int take_if_found(struct dl_phdr_info *object, size_t size, void *arg)
{
	struct search *search = arg;
	struct collector *collector = search->collector;

	(void)size;
	if (!contains(object, search->address)) {
		search->objects_before++;
		return 0;
	}
	search->is_program = !search->objects_before;
	snprintf(collector->path, sizeof(collector->path), "%s", object->dlpi_name);
	collector->base = object->dlpi_addr;
	collector->headers = object->dlpi_phdr;
	collector->header_count = object->dlpi_phnum;
	for (size_t i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
			collector->dynamic = (const void *)(object->dlpi_addr +
							    object->dlpi_phdr[i].p_vaddr);
	return 1;
}

/*
 * Is the program's malloc() its own?  To ask libgc's object itself would take dlopen(3),
 * which has constructors run that are not to run before ours has ended.
 */
static bool defines_malloc(const struct collector *collector)
{
	void *function = dlsym(RTLD_NEXT, "malloc");
	Dl_info found;

	return !function || !dladdr(function, &found) ||
	       (uintptr_t)found.dli_fbase == collector->base;
}

/*
 * libgc makes the name of the file that clears soft-dirty bits from this word; builds
 * without that way do not have it.
 */
static bool mentions(const struct collector *collector, const char *word)
{
	for (size_t i = 0; i < collector->header_count; i++) {
		const ElfW(Phdr) *header = &collector->headers[i];

		if (header->p_type == PT_LOAD && !(header->p_flags & PF_W) &&
		    (header->p_flags & PF_R) &&
		    memmem((const void *)(collector->base + header->p_vaddr),
			   header->p_filesz, word, strlen(word)))
			return true;
	}
	return false;
}

static void find_api(struct collector_api *api)
{
	const struct {
		const char *name;
		void *slot;
	} functions[] = {
		{"GC_get_version", &api->get_version},
		{"GC_is_init_called", &api->is_init_called},
		{"GC_is_incremental_mode", &api->is_incremental_mode},
		{"GC_is_heap_ptr", &api->is_heap_ptr},
		{"GC_get_gc_no", &api->get_gc_no},
		{"GC_set_on_collection_event", &api->set_on_collection_event},
		{"GC_get_on_collection_event", &api->get_on_collection_event},
		{"GC_set_manual_vdb_allowed", &api->set_manual_vdb_allowed},
		{"GC_end_stubborn_change", &api->end_stubborn_change},
		{"GC_get_min_bytes_allocd", &api->get_min_bytes_allocd},
		{"GC_set_min_bytes_allocd", &api->set_min_bytes_allocd},
		{"GC_get_prof_stats_unsafe", &api->get_prof_stats_unsafe},
		{"GC_get_full_freq", &api->get_full_freq},
		{"GC_set_full_freq", &api->set_full_freq},
		{"GC_get_free_space_divisor", &api->get_free_space_divisor},
		{"GC_base", &api->base},
		{"GC_is_marked", &api->is_marked},
		{"GC_get_kind_and_size", &api->get_kind_and_size},
		{"GC_set_push_other_roots", &api->set_push_other_roots},
		{"GC_get_push_other_roots", &api->get_push_other_roots},
		{"GC_push_all", &api->push_all},
		{"GC_clear_mark_bit", &api->clear_mark_bit},
		{"GC_mark_and_push", &api->mark_and_push},
		{"GC_new_proc", &api->new_proc},
		{"GC_new_free_list", &api->new_free_list},
		{"GC_new_kind", &api->new_kind},
		{"GC_generic_malloc", &api->generic_malloc},
		{"GC_disable", &api->disable},
		{"GC_enable", &api->enable},
		{"GC_get_rate", &api->get_rate},
		{"GC_set_rate", &api->set_rate},
		{"GC_get_max_prior_attempts", &api->get_max_prior_attempts},
		{"GC_set_max_prior_attempts", &api->set_max_prior_attempts},
		{"GC_set_stop_func", &api->set_stop_func},
		{"GC_get_stop_func", &api->get_stop_func},
		{"GC_try_to_collect", &api->try_to_collect},
		{"GC_get_find_leak", &api->get_find_leak},
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(RTLD_NEXT, functions[i].name);

		memcpy(functions[i].slot, &function, sizeof(function));
	}
}

static void find_version(struct collector *collector)
{
	unsigned version = collector->api.get_version ? collector->api.get_version() : 0;

	snprintf(collector->version, sizeof(collector->version), "%u.%u.%u",
		 version >> 16 & 0xff, version >> 8 & 0xff, version & 0xff);
}

bool collector_find(struct collector *collector, char *reason, size_t reason_size)
{
	/* RTLD_NEXT passes over the program itself, whose calls are not ours to touch. */
	void *init = dlsym(RTLD_NEXT, "GC_init");
	struct search search = {.address = (uintptr_t)init, .collector = collector};

	if (!init) {
		snprintf(reason, reason_size, "%s",
			 dlsym(RTLD_DEFAULT, "GC_init")
				 ? "libgc is linked into the program itself"
				 : "libgc is not among the shared objects of the program");
		return false;
	}
	if (!dl_iterate_phdr(take_if_found, &search) || search.is_program ||
	    !collector->dynamic) {
		snprintf(reason, reason_size,
			 "the object that defines GC_init was not found");
		return false;
	}
	find_api(&collector->api);
	find_version(collector);
	collector->defines_malloc = defines_malloc(collector);
	collector->arrays = dlsym(RTLD_NEXT, "GC_arrays");
	collector->reads_soft_dirty = mentions(collector, "clear_refs");
	return true;
}

bool collector_has_events(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	return api->is_init_called && api->is_incremental_mode && api->get_gc_no &&
	       api->set_on_collection_event && api->get_on_collection_event;
}

bool collector_has_manual_vdb(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	return api->set_manual_vdb_allowed && api->end_stubborn_change;
}

bool collector_has_pace_settings(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	return api->get_min_bytes_allocd && api->set_min_bytes_allocd &&
	       api->get_full_freq && api->set_full_freq;
}

bool collector_has_pause_settings(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	return api->get_rate && api->set_rate && api->get_max_prior_attempts &&
	       api->set_max_prior_attempts;
}
