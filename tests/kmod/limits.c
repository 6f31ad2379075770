/* SPDX-License-Identifier: MIT */
/* limits.c - what a user may have, and what one without privileges may do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "stopping.h"

#define PAGES	 64
#define AT	 5
#define MEGABYTE ((uint64_t)1 << 20)
#define NOBODY	 65534

static long create(int fd, unsigned mode, unsigned flags, uint64_t size)
{
	struct pgbarrier_create request = {
		.abi = PGBARRIER_ABI,
		.mode = mode,
		.size = size,
		.flags = flags,
	};

	return region_call(fd, PGBARRIER_IOC_CREATE, &request);
}

/* Of this size, and gone again. */
static long try_create(uint64_t size)
{
	int fd = region_device();
	long result = create(fd, PGBARRIER_MODE_DIRTY, 0, size);

	close(fd);
	return result;
}

static void region_of_two_megabytes(void *arg)
{
	int fd = region_device();

	(void)arg;
	check_int(region_info(fd).max_region, 2 * MEGABYTE);
	close(fd);
	check_int(try_create(2 * MEGABYTE), 0);
	check_int(try_create(2 * MEGABYTE + (uint64_t)sysconf(_SC_PAGESIZE)), -EFBIG);
	check_int(try_create(3 * MEGABYTE), -EFBIG);
}

static void largest_region(void)
{
	with_module_parameter("max_region_mb", 2, region_of_two_megabytes, NULL);
}

static void user_of_four_megabytes(void *arg)
{
	int fds[3] = {region_device(), region_device(), region_device()};
	struct pgbarrier_clone clone = {.source = fds[0]};

	(void)arg;
	check_int(region_info(fds[0]).max_user, 4 * MEGABYTE);
	check_int(try_create(5 * MEGABYTE), -EDQUOT);
	check_int(create(fds[0], PGBARRIER_MODE_WP, 0, 3 * MEGABYTE), 0);
	check_int(create(fds[1], PGBARRIER_MODE_WP, 0, 2 * MEGABYTE), -EDQUOT);
	check_int(region_call(fds[1], PGBARRIER_IOC_CLONE, &clone), -EDQUOT);
	/* Neither has what failed been charged, nor is the file spoilt. */
	check_int(region_info(fds[1]).used, 3 * MEGABYTE);
	check_int(create(fds[1], PGBARRIER_MODE_WP, 0, MEGABYTE), 0);
	check_int(create(fds[2], PGBARRIER_MODE_WP, 0, MEGABYTE), -EDQUOT);
	close(fds[0]);
	check_int(create(fds[2], PGBARRIER_MODE_WP, 0, 3 * MEGABYTE), 0);
	/* Another user has not used anything. */
	close(fds[1]);
	fds[0] = region_device();
	fds[1] = region_device();
	check_int(setuid(NOBODY), 0);
	check_int(region_info(fds[0]).used, 0);
	check_int(create(fds[0], PGBARRIER_MODE_WP, 0, 4 * MEGABYTE), 0);
	check_int(create(fds[1], PGBARRIER_MODE_WP, 0, MEGABYTE), -EDQUOT);
}

static void all_of_a_user(void)
{
	with_module_parameter("max_user_mb", 4, user_of_four_megabytes, NULL);
}

/* Whoever made the region is charged for it, whoever closes it. */
static void charged_is_who_made_it(void)
{
	int fd = region_device(), other = region_device();
	struct pgbarrier_info before;

	if (geteuid())
		skip_because("only root can be two users");
	before = region_info(other);
	check_int(create(fd, PGBARRIER_MODE_WP, 0, MEGABYTE), 0);
	check_int(region_info(other).used, before.used + MEGABYTE);
	check_int(setresuid(NOBODY, NOBODY, 0), 0);
	check_int(region_info(other).used, 0);
	close(fd);
	check_int(region_info(other).used, 0);
	check_int(setresuid(0, 0, 0), 0);
	check_int(region_info(other).used, before.used);
	close(other);
}

static void become_nobody(void)
{
	if (setuid(NOBODY))
		skip_because("only root can become somebody else: %s", strerror(errno));
}

static void without_privileges(void)
{
	int fd = region_device();

	become_nobody();
	check_int(create(fd, PGBARRIER_MODE_SYNC, 0, MEGABYTE), -EPERM);
	for (unsigned mode = 0; mode <= PGBARRIER_MODE_SYNC; mode++)
		check_int(create(fd, mode, PGBARRIER_CREATE_ABSENT, MEGABYTE), -EPERM);
	check_int(region_info(fd).used, 0);
	check_int(create(fd, PGBARRIER_MODE_SYNC,
			 PGBARRIER_CREATE_ABSENT | PGBARRIER_CREATE_USER_FAULTS, MEGABYTE),
		  0);
	close(fd);
}

static void what_stops_nobody(void)
{
	int dirty = region_device(), wp = region_device();

	become_nobody();
	check_int(create(dirty, PGBARRIER_MODE_DIRTY, 0, MEGABYTE), 0);
	check_int(create(wp, PGBARRIER_MODE_WP, 0, MEGABYTE), 0);
	close(dirty);
	close(wp);
}

/* A clone is made as its source was: what one may not make one may not copy either. */
static void clone_without_privileges(void)
{
	struct region source;
	struct pgbarrier_clone clone = {.source = -1};
	int fd = region_device();

	region_create(&source, PGBARRIER_MODE_SYNC, 0, PAGES);
	clone.source = source.fd;
	become_nobody();
	check_int(region_call(fd, PGBARRIER_IOC_CLONE, &clone), -EPERM);
	check_int(region_info(fd).used, 0);
	check_int(create(fd, PGBARRIER_MODE_WP, 0, MEGABYTE), 0);
	close(fd);
	region_close(&source);
}

/* The region of a user without privileges, where only its own instructions stop. */
static void open_user_faults(struct stopping *stopping, unsigned mode, unsigned flags)
{
	int fd = region_device();
	struct pgbarrier_create request = {
		.abi = PGBARRIER_ABI,
		.mode = mode,
		.size = PAGES * (uint64_t)sysconf(_SC_PAGESIZE),
		.flags = flags | PGBARRIER_CREATE_USER_FAULTS,
	};

	become_nobody();
	check_int(region_call(fd, PGBARRIER_IOC_CREATE, &request), 0);
	region_map(&stopping->region, fd, PAGES, request.bitmap_bytes);
	stopping->faults = (int)region_call(fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(stopping->faults >= 0);
}

static void user_faults_of_writes(void)
{
	struct stopping stopping;
	struct actor actor;

	open_user_faults(&stopping, PGBARRIER_MODE_SYNC, 0);
	/* The kernel's write fails at once, and nobody is asked. */
	for (int there = 0; there < 2; there++) {
		check_int(by_read(region_page(&stopping.region, AT)), -1);
		check_int(errno, EFAULT);
		stopping_quiet(&stopping);
		region_read(&stopping.region, AT, 1);
	}
	check_int(*region_page(&stopping.region, AT), 0);
	check_int(region_harvest(&stopping.region), 0);
	stopping_writer(&stopping, &actor, AT);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	/* Acknowledged, it is as any other. */
	check_int(by_read(region_page(&stopping.region, AT)), KERNEL_WRITE_BYTES);
	region_must_find_only(&stopping.region, AT, 1);
	/* And where nobody listens, too. */
	close(stopping.faults);
	check_int(by_read(region_page(&stopping.region, AT)), KERNEL_WRITE_BYTES);
	region_must_find_only(&stopping.region, AT, 1);
	region_close(&stopping.region);
}

static void user_faults_of_absent_pages(void)
{
	struct stopping stopping;
	struct actor actor;
	int fds[2];

	open_user_faults(&stopping, PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT);
	check_int(pipe(fds), 0);
	check_int(write(fds[1], region_page(&stopping.region, AT), 1), -1);
	check_int(errno, EFAULT);
	check_int(by_read(region_page(&stopping.region, AT)), -1);
	check_int(errno, EFAULT);
	stopping_quiet(&stopping);
	actor_start(&actor, region_page(&stopping.region, AT), false);
	stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
	check_int(stopping_copy(&stopping, AT, 1, NULL), 0);
	actor_join(&actor);
	check_int(by_read(region_page(&stopping.region, AT)), KERNEL_WRITE_BYTES);
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static const struct plain_case cases[] = {
	{"the largest region", largest_region},
	{"all regions of a user", all_of_a_user},
	{"charged is who made it", charged_is_who_made_it},
	{"what needs a privilege", without_privileges},
	{"what needs none", what_stops_nobody},
	{"a clone needs its source's privilege", clone_without_privileges},
	{"user faults: writes", user_faults_of_writes},
	{"user faults: absent pages", user_faults_of_absent_pages},
};

PLAIN_MAIN("limits", cases)
