/* SPDX-License-Identifier: MIT */
/*
 * injection.c - every system call of every backend is made to fail, at every place.
 *
 * One scripted life of a barrier is run beside the model again and again.  Each time
 * another call fails, once or from there on: of each kind the first, the second and so on,
 * until the script ends without having met it.  Whatever fails, nothing may be lost, what
 * is not known has to be reported and counted, and once calls work again, so does the
 * barrier.  Each run is in a process of its own.
 */
#include <atomic_ops.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model.h"
#include "os/inject.h"

/* In shared memory: children of the script go on counting, and the parent can see it. */
struct injection {
	enum pgb_os_call call;
	int answer;    /* of the hook */
	bool for_ever; /* from that place on, not only there */
	size_t place;  /* 1: the first */
	AO_t over;     /* calls are made again */
	AO_t asked;
	AO_t made[PGB_OS_CALLS]; /* is such a call made at all? */
};

struct run {
	const struct pgb_backend_info *backend;
	struct injection *injection;
};

static struct injection *injected;

static int inject(enum pgb_os_call call)
{
	AO_t asked;

	AO_store(&injected->made[call], 1);
	if (call != injected->call)
		return 0;
	asked = AO_fetch_and_add1_full(&injected->asked) + 1;
	if (AO_load(&injected->over) || asked < injected->place)
		return 0;
	return asked == injected->place || injected->for_ever ? injected->answer : 0;
}

static void stop_injecting(void)
{
	AO_store_full(&injected->over, 1);
}

static void must_open(struct model *model, const struct pgb_backend_info *backend)
{
	int err = model_open(model, backend);

	if (!err)
		return;
	if (injected->for_ever)
		stop_injecting();
	/* What is tried twice, a system call and a device, may fail twice. */
	err = model_open(model, backend);
	check_int(err, 0);
}

static void live(struct model *model)
{
	for (size_t i = 0; i < MODEL_PAGES; i++)
		model_write(model, i, 0);
	model_add(model, 0, 40);
	model_add(model, 50, 20);
	model_harvest(model);
	for (size_t i = 0; i < MODEL_PAGES; i += 7)
		model_write(model, i, i);
	model_write_by_kernel(model, 3);
	model_harvest(model);
	/* Nothing was written to some, and all is armed. */
	model_write(model, 20, 1);
	model_harvest_range(model, 10, 50);
	model_remove(model, 30, 5);
	model_write(model, 31, 2);
	model_add(model, 30, 10);
	model_pin(model, 0, 55, 3);
	model_harvest(model);
	model_unpin(model, 0);
	model_map_anew(model, 5, 5);
	model_write(model, 6, 3);
	model_harvest(model);
	model_write(model, 7, 4);
	model_harvest(model);
	model_discard(model, 60, 4);
	model_harvest(model);
	model_move(model, 12, 62, 3);
	model_harvest(model);
	model_fork(model);
	model_write(model, 65, 5);
	model_harvest(model);
}

static void run_script(void *arg)
{
	const struct run *run = arg;
	struct model model = {.may_fail = true};

	injected = run->injection;
	pgb_os_set_hook(inject);
	must_open(&model, run->backend);
	live(&model);
	stop_injecting();
	model.may_fail = false;
	model_settle(&model);
	/* All that was refused can be had now. */
	model_add(&model, 0, MODEL_PAGES);
	model_settle(&model);
	for (size_t i = 0; i < MODEL_PAGES; i += 5)
		model_write(&model, i, i);
	model_fork(&model);
	model_settle(&model);
	AO_store_full(&injected->over, 0);
	model_close(&model);
}

/* Did the script get there?  It has to end well in any case. */
static bool reaches(const struct run *run)
{
	const struct injection *injection = run->injection;
	int status = child_wait(child_start(run_script, (void *)run));

	if (status)
		note("%s, %s, of call %zu%s", pgb_os_call_name(injection->call),
		     injection->answer == PGB_OS_SHORT ? "short"
						       : strerror(-injection->answer),
		     injection->place, injection->for_ever ? " and all after it" : "");
	check_int(status, 0);
	return injection->asked >= injection->place;
}

/*
 * The first place and then one of each EACH, other ones for each errno, or it takes
 * minutes. PGB_TEST_SCALE=700 is all of them.
 */
#define EACH 7

static size_t sweep_places(struct run *run, enum pgb_os_call call, int answer,
			   bool for_ever)
{
	size_t stride = (EACH * 100 + scaled(100) - 1) / scaled(100);
	size_t place = 1, runs = 0;

	do {
		*run->injection = (struct injection){
			.call = call,
			.answer = answer,
			.for_ever = for_ever,
			.place = place,
		};
		place += runs ? stride : 1 + (size_t)abs(answer) % stride;
		runs++;
	} while (reaches(run));
	return runs;
}

/*
 * Which failures to try for ever as well: one that says that it will last, since the errnos
 * make little difference there.  A thread whose page cannot be made writable by any means
 * can only be ended, and one that waits for a reader that can never read, or for a wake
 * that never comes, waits, so not those.
 */
static bool can_last(enum pgb_os_call call, int answer)
{
	return (answer == -ENOMEM || answer == PGB_OS_SHORT) && call != PGB_OS_MPROTECT &&
	       call != PGB_OS_UFFD_READ && call != PGB_OS_UFFD_WAKE;
}

/* Calls that are not made when nothing fails cannot be made to fail. */
static struct injection run_undisturbed(struct run *run)
{
	*run->injection = (struct injection){.call = PGB_OS_CALLS};
	child_run(run_script, run);
	return *run->injection;
}

static void sweep(const struct pgb_backend_info *backend, int answer)
{
	struct injection undisturbed;
	struct run run = {.backend = backend};
	size_t runs = 0;

#ifdef __SANITIZE_ADDRESS__
	/* Its reader asks the hook, in a thread without libc. */
	if (!strcmp(backend->name, "uffd-sync"))
		skip_because("a sanitizer needs thread-local storage in the hook");
#endif
	run.injection = mmap(NULL, sizeof(*run.injection), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(run.injection != MAP_FAILED);
	undisturbed = run_undisturbed(&run);
	for (int call = 0; call < PGB_OS_CALLS; call++) {
		if (!undisturbed.made[call] ||
		    (answer == PGB_OS_SHORT && !pgb_os_call_can_be_short(call)))
			continue;
		runs += sweep_places(&run, call, answer, false);
		if (can_last(call, answer))
			runs += sweep_places(&run, call, answer, true);
	}
	if (!runs)
		skip_because("%s makes no call that this can happen to", backend->name);
	note("%s: %zu runs", backend->name, runs);
	munmap(run.injection, sizeof(*run.injection));
}

#define SWEEP(name, answer)                                                                \
	static void name(const struct pgb_backend_info *backend)                           \
	{                                                                                  \
		sweep(backend, answer);                                                    \
	}

SWEEP(short_of_memory, -ENOMEM)
SWEEP(again, -EAGAIN)
SWEEP(not_permitted, -EPERM)
SWEEP(interrupted, -EINTR)
SWEEP(busy, -EBUSY)
SWEEP(exists, -EEXIST)
SWEEP(no_such_thing, -ENOENT)
SWEEP(less_than_asked, PGB_OS_SHORT)

static const struct conformance_case cases[] = {
	{"each call fails with ENOMEM", short_of_memory, 0},
	{"each call fails with EAGAIN", again, 0},
	{"each call fails with EPERM", not_permitted, 0},
	{"each call fails with EINTR", interrupted, 0},
	{"each call fails with EBUSY", busy, 0},
	{"each call fails with EEXIST", exists, 0},
	{"each call fails with ENOENT", no_such_thing, 0},
	{"each call does less than it was asked to", less_than_asked, 0},
};

CONFORMANCE_MAIN("injection", cases)
