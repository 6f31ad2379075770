/* SPDX-License-Identifier: MIT */
/* userfaultfd.c - userfaultfd(2) and its ioctls. */
#include "os/userfaultfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/uapi.h"

static int open_by_call(int flags)
{
	long fd = PGB_OS_CALL(PGB_OS_UFFD_CALL, syscall(SYS_userfaultfd, flags));

	return fd < 0 ? -errno : (int)fd;
}

static int open_by_device(int flags)
{
	int device = PGB_OS_CALL(PGB_OS_UFFD_DEVICE_OPEN,
				 open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
	int fd;

	if (device < 0)
		return -errno;
	fd = PGB_OS_CALL(PGB_OS_UFFD_DEVICE_NEW, ioctl(device, USERFAULTFD_IOC_NEW, flags));
	if (fd < 0)
		fd = -errno;
	close(device);
	return fd;
}

static int open_any(enum pgb_uffd_scope scope, char *reason, size_t reason_size)
{
	int flags = O_CLOEXEC | O_NONBLOCK;
	int by_call, fd;

	if (scope == PGB_UFFD_USER)
		flags |= UFFD_USER_MODE_ONLY;
	by_call = open_by_call(flags);
	fd = by_call >= 0 ? by_call : open_by_device(flags);
	if (fd >= 0)
		return fd;
	if (reason)
		snprintf(reason, reason_size, "userfaultfd(2): %s; /dev/userfaultfd: %s",
			 strerrordesc_np(-by_call), strerrordesc_np(-fd));
	return by_call;
}

static int shake_hands(int fd, uint64_t *features)
{
	struct uffdio_api api = {.api = UFFD_API, .features = *features};

	if (PGB_OS_CALL(PGB_OS_UFFD_API, ioctl(fd, UFFDIO_API, &api)))
		return errno == EINVAL ? -ENOTSUP : -errno;
	*features = api.features;
	return 0;
}

/* Once per descriptor, so the question takes one of its own. */
static int ask_features(enum pgb_uffd_scope scope, uint64_t *features, char *reason,
			size_t reason_size)
{
	int fd = open_any(scope, reason, reason_size);
	int err;

	if (fd < 0)
		return fd;
	*features = 0;
	err = shake_hands(fd, features);
	close(fd);
	return err;
}

/* Features that something here is built on. */
static const struct feature {
	uint64_t bit;
	const char *name, *since;
} known_features[] = {
	{UFFD_FEATURE_WP_ASYNC, "WP_ASYNC", "6.7"},
	{UFFD_FEATURE_WP_UNPOPULATED, "WP_UNPOPULATED", "6.4"},
	{UFFD_FEATURE_PAGEFAULT_FLAG_WP, "PAGEFAULT_FLAG_WP", "5.7"},
	{UFFD_FEATURE_SIGBUS, "SIGBUS", "4.14"},
};

static void say_what_lacks(uint64_t lacking, char *reason, size_t reason_size)
{
	size_t i = 0, count = sizeof(known_features) / sizeof(known_features[0]);

	if (!reason)
		return;
	while (i < count && !(known_features[i].bit & lacking))
		i++;
	if (i < count)
		snprintf(reason, reason_size,
			 "this kernel's userfaultfd lacks %s, which came with Linux %s",
			 known_features[i].name, known_features[i].since);
	else
		snprintf(reason, reason_size,
			 "this kernel's userfaultfd lacks feature %#llx",
			 (unsigned long long)lacking);
}

int pgb_uffd_open(enum pgb_uffd_scope scope, uint64_t required, uint64_t *wanted,
		  char *reason, size_t reason_size)
{
	uint64_t features;
	int fd, err;

	err = ask_features(scope, &features, reason, reason_size);
	if (err)
		return err;
	if (required & ~features) {
		say_what_lacks(required & ~features, reason, reason_size);
		return -ENOTSUP;
	}
	fd = open_any(scope, reason, reason_size);
	if (fd < 0)
		return fd;
	features &= required | (wanted ? *wanted : 0);
	if (wanted)
		*wanted &= features;
	err = shake_hands(fd, &features);
	if (err)
		close(fd);
	return err ? err : fd;
}

int pgb_uffd_register(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_register range = {
		.range = {.start = start, .len = end - start},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return PGB_OS_CALL(PGB_OS_UFFD_REGISTER, ioctl(uffd, UFFDIO_REGISTER, &range))
		       ? -errno
		       : 0;
}

int pgb_uffd_unregister(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_range range = {.start = start, .len = end - start};

	return PGB_OS_CALL(PGB_OS_UFFD_UNREGISTER, ioctl(uffd, UFFDIO_UNREGISTER, &range))
		       ? -errno
		       : 0;
}

static int write_protect(int uffd, uintptr_t start, uintptr_t end, uint64_t mode)
{
	struct uffdio_writeprotect range = {
		.range = {.start = start, .len = end - start},
		.mode = mode,
	};

	return PGB_OS_CALL(PGB_OS_UFFD_PROTECT, ioctl(uffd, UFFDIO_WRITEPROTECT, &range))
		       ? -errno
		       : 0;
}

int pgb_uffd_protect(int uffd, uintptr_t start, uintptr_t end)
{
	return write_protect(uffd, start, end, UFFDIO_WRITEPROTECT_MODE_WP);
}

int pgb_uffd_unprotect(int uffd, uintptr_t start, uintptr_t end)
{
	return write_protect(uffd, start, end, 0);
}

int pgb_uffd_set_blocking(int uffd)
{
	int flags = PGB_OS_CALL(PGB_OS_FCNTL, fcntl(uffd, F_GETFL));

	if (flags < 0)
		return -errno;
	flags &= ~O_NONBLOCK;
	return PGB_OS_CALL(PGB_OS_FCNTL, fcntl(uffd, F_SETFL, flags)) ? -errno : 0;
}
