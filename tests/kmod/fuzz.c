/* SPDX-License-Identifier: MIT */
/*
 * fuzz.c - four threads that do anything to regions, for the kernel's own checks to watch.
 *
 * PGB_TEST_SECONDS is how long, and PGB_TEST_SEED the number that a run printed: it gives
 * each thread the same calls again, if not in the same order among threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic_ops.h>

#include "kernel_writes.h"
#include "region.h"

#define THREADS	 4
#define TOUCHERS 2
#define PAGES	 64 /* of a region */
#define FILES	 6
#define SPACE	 (16 * PAGES) /* pages of addresses */
#define OWN	 8	      /* likewise, of a thread's own */

/* What all threads use: whatever is replaced is closed under the others' feet. */
static struct {
	AO_t files[FILES];  /* descriptors + 1 of the device */
	AO_t faults[FILES]; /* descriptors + 1 of fault fds, of any of them */
	AO_t end;
	size_t page;
	/*
	 * All mappings are in here and MAP_FIXED: one that is refused leaves a hole before
	 * 6.12, into which any other would fall, for the next to map over.  Stacks as well,
	 * so nobody begins before all threads are there.
	 */
	unsigned char *space;
	pthread_barrier_t begin;
} shared;

struct fuzzer {
	pthread_t thread;
	uint64_t state;
	unsigned char *own;	/* OWN pages of addresses, behind those that are shared */
	uint64_t successes[32]; /* of each action */
};

static uint64_t below(struct fuzzer *fuzzer, uint64_t bound)
{
	return random_next(&fuzzer->state) % bound;
}

static bool one_in(struct fuzzer *fuzzer, uint64_t count)
{
	return !below(fuzzer, count);
}

static int some_file(struct fuzzer *fuzzer)
{
	return (int)AO_load(&shared.files[below(fuzzer, FILES)]) - 1;
}

static int some_fault_fd(struct fuzzer *fuzzer)
{
	return (int)AO_load(&shared.faults[below(fuzzer, FILES)]) - 1;
}

static unsigned char *some_page(struct fuzzer *fuzzer)
{
	return shared.space + below(fuzzer, SPACE) * shared.page;
}

/* Most numbers make sense, or nobody would get anywhere. */
static uint64_t some_offset(struct fuzzer *fuzzer)
{
	if (one_in(fuzzer, 16))
		return random_next(&fuzzer->state);
	return below(fuzzer, PAGES + 2) * shared.page;
}

static uint32_t some_flags(struct fuzzer *fuzzer, uint32_t all)
{
	return one_in(fuzzer, 32) ? (uint32_t)random_next(&fuzzer->state)
				  : (uint32_t)below(fuzzer, all + 1) & all;
}

static void put(AO_t *place, int fd)
{
	AO_t old = AO_load(place);

	if (AO_compare_and_swap_full(place, old, (AO_t)fd + 1))
		fd = (int)old - 1;
	if (fd >= 0)
		close(fd);
}

static long call(int fd, unsigned long request, const void *argument)
{
	return region_call(fd, request, argument);
}

static long do_open(struct fuzzer *fuzzer)
{
	int fd = open("/dev/pgbarrier", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	put(&shared.files[below(fuzzer, FILES)], fd);
	return 0;
}

static long do_create(struct fuzzer *fuzzer)
{
	struct pgbarrier_create create = {
		.abi = PGBARRIER_ABI,
		.mode = (uint32_t)below(fuzzer, 3),
		.size = one_in(fuzzer, 8) ? some_offset(fuzzer) : PAGES * shared.page,
		.flags = some_flags(fuzzer, 3),
	};

	return call(some_file(fuzzer), PGBARRIER_IOC_CREATE, &create);
}

static long do_clone(struct fuzzer *fuzzer)
{
	struct pgbarrier_clone clone = {
		.source = some_file(fuzzer),
		.flags = some_flags(fuzzer, 1),
	};

	return call(some_file(fuzzer), PGBARRIER_IOC_CLONE, &clone);
}

static long do_release(struct fuzzer *fuzzer)
{
	return call(some_file(fuzzer), PGBARRIER_IOC_RELEASE, NULL);
}

static long do_harvest(struct fuzzer *fuzzer)
{
	struct pgbarrier_harvest harvest = {
		.start = some_offset(fuzzer),
		.len = some_offset(fuzzer),
	};

	return call(some_file(fuzzer), PGBARRIER_IOC_HARVEST, &harvest);
}

static long do_discard(struct fuzzer *fuzzer)
{
	struct pgbarrier_range range = {
		.start = some_offset(fuzzer),
		.len = some_offset(fuzzer),
	};

	return call(some_file(fuzzer), PGBARRIER_IOC_DISCARD, &range);
}

static long do_copy(struct fuzzer *fuzzer)
{
	struct pgbarrier_copy copy = {
		.dst = some_offset(fuzzer),
		.len = some_offset(fuzzer),
	};

	return call(some_fault_fd(fuzzer), PGBARRIER_IOC_COPY, &copy);
}

static long do_fault_fd(struct fuzzer *fuzzer)
{
	long fd = call(some_file(fuzzer), PGBARRIER_IOC_FAULTFD, NULL);

	if (fd < 0)
		return fd;
	fcntl((int)fd, F_SETFL, O_NONBLOCK);
	put(&shared.faults[below(fuzzer, FILES)], (int)fd);
	return 0;
}

static long do_eventfd(struct fuzzer *fuzzer)
{
	int event = one_in(fuzzer, 4) ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	long result = call(some_file(fuzzer), PGBARRIER_IOC_EVENTFD, &event);

	if (event >= 0)
		close(event);
	return result;
}

static long do_log(struct fuzzer *fuzzer)
{
	struct pgbarrier_log log = {
		.entries = 1u << below(fuzzer, 9),
		.watermark = (uint32_t)below(fuzzer, 4),
		.eventfd = one_in(fuzzer, 2) ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	long result = call(some_file(fuzzer), PGBARRIER_IOC_LOG, &log);

	if (log.eventfd >= 0)
		close(log.eventfd);
	return result;
}

static long do_log_reset(struct fuzzer *fuzzer)
{
	struct pgbarrier_log_reset reset = {.count = below(fuzzer, 4)};

	return call(some_file(fuzzer), PGBARRIER_IOC_LOG_RESET, &reset);
}

static long do_nonsense(struct fuzzer *fuzzer)
{
	uint64_t words[16];
	unsigned long request;

	for (size_t i = 0; i < 16; i++)
		words[i] = some_offset(fuzzer);
	request = _IOC(below(fuzzer, 4), PGBARRIER_IOC_MAGIC, below(fuzzer, 13),
		       below(fuzzer, 16) * 4);
	call(some_file(fuzzer), request, words);
	return 0;
}

static long do_read_events(struct fuzzer *fuzzer)
{
	struct pgbarrier_event events[8];
	struct pgbarrier_range range = {.len = shared.page};
	int fd = some_fault_fd(fuzzer);
	ssize_t got = read(fd, events, sizeof(events[0]) * (1 + below(fuzzer, 8)));

	for (ssize_t i = 0; i < got / (ssize_t)sizeof(events[0]); i++) {
		range.start = events[i].offset;
		if (events[i].kind == PGBARRIER_EVENT_WRITE &&
		    write(fd, &range, sizeof(range)) < 0)
			return -errno;
	}
	return got < 0 ? -errno : 0;
}

static long do_ack(struct fuzzer *fuzzer)
{
	struct pgbarrier_range range = {
		.start = some_offset(fuzzer),
		.len = some_offset(fuzzer),
		.flags = some_flags(fuzzer, 0),
	};

	return write(some_fault_fd(fuzzer), &range, sizeof(range)) < 0 ? -errno : 0;
}

static long do_map(struct fuzzer *fuzzer)
{
	size_t first = below(fuzzer, PAGES), pages = 1 + below(fuzzer, PAGES);
	size_t at = below(fuzzer, SPACE - PAGES);
	void *base = mmap(shared.space + at * shared.page, pages * shared.page,
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, some_file(fuzzer),
			  (off_t)((one_in(fuzzer, 2) ? 0 : first) * shared.page));

	return base == MAP_FAILED ? -errno : 0;
}

/* To look at: the bitmap, or the log. */
static long do_map_other(struct fuzzer *fuzzer)
{
	uint64_t offset =
		one_in(fuzzer, 2) ? PGBARRIER_OFFSET_HARVEST : PGBARRIER_OFFSET_LOG;
	size_t pages = 1 + below(fuzzer, 2);
	volatile unsigned char *base =
		mmap(fuzzer->own, pages * shared.page, PROT_READ, MAP_SHARED | MAP_FIXED,
		     some_file(fuzzer), (off_t)offset);

	if (base == MAP_FAILED)
		return -errno;
	(void)*base;
	return munmap((void *)base, pages * shared.page);
}

static long do_unmap(struct fuzzer *fuzzer)
{
	size_t pages = 1 + below(fuzzer, PAGES);
	size_t at = below(fuzzer, SPACE - PAGES);
	void *base = mmap(shared.space + at * shared.page, pages * shared.page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	return base == MAP_FAILED ? -errno : 0;
}

/* From a place that nobody else knows: what is left there is anybody's. */
static long do_move(struct fuzzer *fuzzer)
{
	size_t size = (1 + below(fuzzer, OWN)) * shared.page;
	unsigned char *to = shared.space + below(fuzzer, SPACE - OWN) * shared.page;
	void *from = mmap(fuzzer->own, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  some_file(fuzzer), 0);

	if (from == MAP_FAILED)
		return -errno;
	if (mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to)
		return 0;
	return munmap(from, size), -errno;
}

static long do_protect(struct fuzzer *fuzzer)
{
	unsigned char *at = some_page(fuzzer);

	mprotect(at, shared.page, PROT_READ);
	return mprotect(at, shared.page, PROT_READ | PROT_WRITE);
}

static long do_drop(struct fuzzer *fuzzer)
{
	return madvise(some_page(fuzzer), shared.page, MADV_DONTNEED);
}

static long do_fork(struct fuzzer *fuzzer)
{
	pid_t child;

	if (!one_in(fuzzer, 32))
		return -EAGAIN;
	child = fork();
	if (!child)
		_exit(0);
	return child > 0 && waitpid(child, NULL, 0) == child ? 0 : -1;
}

/* What may be stopped, and for ever: in threads of their own. */
static __thread sigjmp_buf after_crash;
static __thread volatile sig_atomic_t may_crash;

static void on_crash(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (may_crash)
		siglongjmp(after_crash, 1);
	note("signal %d at %p, which nobody expects (from %p on is what is shared)", number,
	     info->si_addr, (void *)shared.space);
	abort();
}

static long do_write(struct fuzzer *fuzzer)
{
	volatile unsigned char *at = some_page(fuzzer);

	if (sigsetjmp(after_crash, 1))
		return -EFAULT;
	*at = 1;
	return 0;
}

static long do_read(struct fuzzer *fuzzer)
{
	volatile unsigned char *at = some_page(fuzzer);

	if (sigsetjmp(after_crash, 1))
		return -EFAULT;
	return *at & 0;
}

static long do_write_by_kernel(struct fuzzer *fuzzer)
{
	void *at = some_page(fuzzer);

	/* getcwd(3) looks at what the kernel wrote, which may be unmapped by then. */
	if (sigsetjmp(after_crash, 1))
		return -EFAULT;
	return one_in(fuzzer, 2) ? by_getcwd(at) : by_process_vm_writev(at);
}

static long do_copy_from_region(struct fuzzer *fuzzer)
{
	struct pgbarrier_copy copy = {
		.dst = some_offset(fuzzer),
		.src = (uintptr_t)some_page(fuzzer),
		.len = some_offset(fuzzer),
	};

	return call(some_file(fuzzer), PGBARRIER_IOC_COPY, &copy);
}

/* Of every kind, but for what takes memory from the machine for good. */
static long do_advise(struct fuzzer *fuzzer)
{
	return madvise(some_page(fuzzer), (1 + below(fuzzer, 8)) * shared.page,
		       (int)below(fuzzer, 26));
}

struct action {
	const char *name;
	long (*take)(struct fuzzer *fuzzer);
	bool rare; /* may not succeed in a short time */
};

static const struct action actions[] = {
	{"open", do_open, false},
	{"create", do_create, false},
	{"clone", do_clone, true},
	{"release", do_release, true},
	{"harvest", do_harvest, false},
	{"discard", do_discard, true},
	{"copy", do_copy, true},
	{"fault fd", do_fault_fd, true},
	{"eventfd", do_eventfd, true},
	{"log", do_log, true},
	{"log reset", do_log_reset, true},
	{"nonsense", do_nonsense, false},
	{"read events", do_read_events, true},
	{"ack", do_ack, true},
	{"map", do_map, false},
	{"map others", do_map_other, true},
	{"unmap", do_unmap, false},
	{"move", do_move, true},
	{"protect", do_protect, false},
	{"drop", do_drop, false},
	{"fork", do_fork, true},
};

static const struct action touches[] = {
	{"write", do_write, false},
	{"read", do_read, false},
	{"write by the kernel", do_write_by_kernel, false},
	{"copy from a region", do_copy_from_region, true},
	{"advise", do_advise, false},
};

#define ACTIONS (sizeof(actions) / sizeof(actions[0]))
#define TOUCHES (sizeof(touches) / sizeof(touches[0]))

static void *act(void *arg)
{
	struct fuzzer *fuzzer = arg;

	pthread_barrier_wait(&shared.begin);
	while (!AO_load(&shared.end)) {
		size_t which = below(fuzzer, ACTIONS);

		fuzzer->successes[which] += actions[which].take(fuzzer) >= 0;
	}
	return NULL;
}

static void *touch(void *arg)
{
	struct fuzzer *fuzzer = arg;

	may_crash = true;
	pthread_barrier_wait(&shared.begin);
	for (;;) {
		size_t which = below(fuzzer, TOUCHES);

		fuzzer->successes[which] += touches[which].take(fuzzer) >= 0;
	}
	return NULL;
}

static void report(const struct action *done, size_t count, const struct fuzzer *fuzzers,
		   size_t threads)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t successes = 0;

		for (size_t j = 0; j < threads; j++)
			successes += fuzzers[j].successes[i];
		note("%s: %llu times", done[i].name, (unsigned long long)successes);
		/* Or nobody gets anywhere any more. */
		check(successes > 0 || done[i].rare);
	}
}

static void prepare(void)
{
	struct sigaction action = {.sa_sigaction = on_crash,
				   .sa_flags = SA_SIGINFO | SA_NODEFER};

	check_int(sigaction(SIGSEGV, &action, NULL), 0);
	check_int(sigaction(SIGBUS, &action, NULL), 0);
	shared.page = (size_t)sysconf(_SC_PAGESIZE);
	/* Ranges may begin at the last page; what lies behind is for own_place(). */
	shared.space = mmap(NULL, 2 * SPACE * shared.page, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(shared.space != MAP_FAILED);
	check_int(pthread_barrier_init(&shared.begin, NULL, THREADS + TOUCHERS), 0);
}

static unsigned char *own_place(size_t number)
{
	return shared.space + (2 * SPACE - (number + 1) * OWN) * shared.page;
}

/* The process ends while some of its threads are stopped, which has to go well, too. */
static void fuzz(void *arg)
{
	static struct fuzzer fuzzers[THREADS], touchers[TOUCHERS];
	const char *seconds = getenv("PGB_TEST_SECONDS");
	uint64_t state = *(const uint64_t *)arg;

	prepare();
	for (size_t i = 0; i < THREADS; i++) {
		fuzzers[i].state = random_next(&state);
		fuzzers[i].own = own_place(i);
		check_int(pthread_create(&fuzzers[i].thread, NULL, act, &fuzzers[i]), 0);
	}
	for (size_t i = 0; i < TOUCHERS; i++) {
		touchers[i].state = random_next(&state);
		check_int(pthread_create(&touchers[i].thread, NULL, touch, &touchers[i]),
			  0);
	}
	sleep(seconds ? (unsigned)strtoul(seconds, NULL, 10) : 3);
	AO_store(&shared.end, 1);
	for (size_t i = 0; i < THREADS; i++)
		check_int(pthread_join(fuzzers[i].thread, NULL), 0);
	report(actions, ACTIONS, fuzzers, THREADS);
	report(touches, TOUCHES, touchers, TOUCHERS);
}

static void anything(void)
{
	const char *given = getenv("PGB_TEST_SEED");
	uint64_t number = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	int fd = region_device();
	uint64_t used = region_info(fd).used;

	note("PGB_TEST_SEED=%llu", (unsigned long long)number);
	child_run(fuzz, &number);
	/* Nothing of it is left. */
	check_int(region_info(fd).used, used);
	close(fd);
}

static void still_works(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void everything_still_works(void)
{
	for (unsigned kind = REGION_DIRTY; kind <= REGION_LOGGED; kind++)
		still_works(kind);
}

static const struct plain_case cases[] = {
	{"anything, by several threads", anything},
	{"everything still works", everything_still_works},
};

PLAIN_MAIN("fuzz", cases)
