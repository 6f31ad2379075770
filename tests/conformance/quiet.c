/* SPDX-License-Identifier: MIT */
/*
 * quiet.c - the library neither allocates nor prints.
 *
 * This program brings its own malloc(3) and friends, which count before they hand on to
 * the C library's.  What the C library itself allocates on our behalf is counted too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "watch.h"

/* A sanitizer needs malloc(3) for itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#define OWN_MALLOC (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define OWN_MALLOC 1
#endif

#define PAGES 64

static volatile size_t allocations;

#if OWN_MALLOC
/* Seen by the C library too, which is what it is all about. */
#pragma GCC visibility push(default)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nmemb, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *ptr);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
	allocations++;
	return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	allocations++;
	return __libc_realloc(ptr, size);
}

void *memalign(size_t alignment, size_t size)
{
	allocations++;
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
	*memptr = memalign(alignment, size);
	return *memptr ? 0 : ENOMEM;
}

void free(void *ptr)
{
	allocations++;
	__libc_free(ptr);
}

#pragma GCC visibility pop
#endif

static size_t allocations_since(size_t before)
{
	return allocations - before;
}

static void must_be_able_to_count(void)
{
	char *(*volatile duplicate)(const char *) = strdup;
	void *(*volatile allocate)(size_t) = malloc;
	size_t before = allocations;
	FILE *file;

	if (!OWN_MALLOC)
		skip_because("a sanitizer has taken malloc(3) for itself");
	free(allocate(1));
	check_int(allocations_since(before), 2);
	free(duplicate("a copy"));
	check_int(allocations_since(before), 4);
	file = fopen("/dev/null", "r");
	check(file != NULL);
	fclose(file);
	check(allocations_since(before) > 4);
}

static void discard(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	(void)start;
	(void)end;
}

/* What a child does first, inside its harvest, has to be as quiet. */
static void quiet_child(void *arg)
{
	struct watch *watch = arg;
	size_t before = allocations;

	watch_write(watch, 9);
	pgb_harvest(watch->barrier, discard, NULL);
	check_int(allocations_since(before), 0);
}

static void no_allocation(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;
	struct pgb_barrier *barrier;
	struct watch watch;
	size_t before;

	must_be_able_to_count();
	watch_open(&watch, backend, PAGES);
	pgb_close(watch.barrier);

	before = allocations;
	for (size_t i = 0; i < pgb_backend_count(); i++)
		pgb_backend_probe(i, &info, sizeof(info));
	check_int(pgb_open(&barrier, NULL), 0);
	pgb_close(barrier);
	watch_reopen(&watch);
	watch_add(&watch, 0, PAGES / 2);
	watch_add(&watch, PAGES / 2, PAGES / 2);
	watch_pin(&watch, 3, 2);
	check_int(pgb_harvest(watch.barrier, discard, NULL), 0);
	watch_write_range(&watch, 0, PAGES);
	check_int(pgb_harvest(watch.barrier, discard, NULL), 0);
	watch_unpin(&watch, 3, 2);
	watch_map_anew(&watch, 30, 4);
	watch_add(&watch, 30, 4);
	pgb_harvest(watch.barrier, discard, NULL);
	watch_remove(&watch, 10, 4);
	check_int(
		pgb_harvest_range(watch.barrier, watch.base, 8 * watch.page, discard, NULL),
		0);
	watch_stats(&watch);
	check_int(allocations_since(before), 0);
	child_run(quiet_child, &watch);

	before = allocations;
	pgb_close(watch.barrier);
	check_int(allocations_since(before), 0);
}

/* What cannot run says why, and that takes no memory either. */
static void no_allocation_for_a_reason(const struct pgb_backend_info *backend)
{
	const struct rlimit none = {0, 0};
	struct pgb_backend_info info;
	size_t before;

	(void)backend;
	must_be_able_to_count();
	check_int(setrlimit(RLIMIT_NOFILE, &none), 0);
	before = allocations;
	for (size_t i = 0; i < pgb_backend_count(); i++) {
		check_int(pgb_backend_probe(i, &info, sizeof(info)), 0);
		check(!info.status || info.reason[0]);
	}
	check_int(allocations_since(before), 0);
}

/* Failures are no reason to print either. */
static void make_failures(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;
	struct pgb_barrier *barrier;
	struct watch watch;

	pgb_open(&barrier, "no such backend");
	pgb_backend_probe(SIZE_MAX, &info, sizeof(info));
	watch_open(&watch, backend, PAGES);
	pgb_add(watch.barrier, watch.base + 1, 1);
	pgb_remove(watch.barrier, watch.base, watch.page);
	watch_arm(&watch);
	watch_write(&watch, 3);
	close_range(3, ~0u, 0);
	watch_try_harvest(&watch);
	/* What a device has lost it does not find again. */
	if (watch.capabilities & PGB_CAP_ANY_MEMORY)
		watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void quiet_body(void *arg)
{
	make_failures(arg);
	fflush(NULL);
}

static off_t printed_by(child_body *body, void *arg)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	int file = memfd_create("output", 0);
	struct stat stat;
	int status;

	check(file >= 0);
	dup2(file, STDOUT_FILENO);
	dup2(file, STDERR_FILENO);
	status = child_wait(child_start(body, arg));
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	check_int(fstat(file, &stat), 0);
	close(file);
	close(out);
	close(err);
	check_int(status, 0);
	return stat.st_size;
}

static void loud_body(void *arg)
{
	(void)arg;
	fputs("a word\n", stderr);
	fputs("a word\n", stdout);
	fflush(NULL);
}

static void no_output(const struct pgb_backend_info *backend)
{
	check_int(printed_by(loud_body, NULL), 2 * strlen("a word\n"));
	check_int(printed_by(quiet_body, (void *)backend), 0);
}

/* What a line of /proc says, if it is about `name`. */
static bool says(const char *line, const char *name, unsigned long *number)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) || line[length] != ':')
		return false;
	*number = strtoul(line + length + 1, NULL, 10);
	return true;
}

/* How often a thread was switched to or from; *asleep is cleared if it is not asleep. */
static unsigned long switches_of(const char *task, bool *asleep)
{
	unsigned long sum = 0, number;
	char path[320], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	file = fopen(path, "r");
	check(file != NULL);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "State:", 6))
			*asleep &= line[strcspn(line, "\t") + 1] == 'S';
		if (says(line, "voluntary_ctxt_switches", &number) ||
		    says(line, "nonvoluntary_ctxt_switches", &number))
			sum += number;
	}
	fclose(file);
	return sum;
}

/*
 * The same of all threads of this process but the caller.  One that runs alone on its CPU
 * is not switched, but not asleep either.
 */
static unsigned long switches_of_others(bool *asleep)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned long sum = 0;
	struct dirent *task;

	check(tasks != NULL);
	*asleep = true;
	while ((task = readdir(tasks)))
		if (task->d_name[0] != '.' && strtol(task->d_name, NULL, 10) != gettid())
			sum += switches_of(task->d_name, asleep);
	closedir(tasks);
	return sum;
}

static void must_sleep(void)
{
	const struct timespec while_idle = {.tv_nsec = 300000000};
	bool slept = false, asleep, before_too;
	unsigned long after;

	/* A thread that has done its work may still be on its way to sleep. */
	for (int i = 0; i < 10 && !slept; i++) {
		unsigned long before = switches_of_others(&before_too);

		nanosleep(&while_idle, NULL);
		after = switches_of_others(&asleep);
		slept = asleep && before_too && after == before;
	}
	check(slept);
}

/* While nobody writes, nothing of the library's runs. */
static void idle(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_must_work(&watch, 0, PAGES);
	must_sleep();
	watch_close(&watch);
}

/* Nor because a program has changed the flags of files that it does not know. */
static void idle_without_blocking(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	for (int fd = 3; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags >= 0)
			fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	}
	watch_must_work(&watch, 0, PAGES);
	must_sleep();
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"no call allocates", no_allocation, 0},
	{"no reason allocates", no_allocation_for_a_reason, 0},
	{"no call prints", no_output, 0},
	{"nothing runs while nobody writes", idle, 0},
	{"nothing runs, whatever flags files have", idle_without_blocking, 0},
};

CONFORMANCE_MAIN("quiet", cases)
