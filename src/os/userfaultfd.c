/* SPDX-License-Identifier: MIT */
/* userfaultfd.c - userfaultfd(2) and its ioctls. */
#include "os/userfaultfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/uapi.h"

static int open_by_call(void)
{
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);

	return fd < 0 ? -errno : (int)fd;
}

static int open_by_device(void)
{
	int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	int fd;

	if (device < 0)
		return -errno;
	fd = ioctl(device, USERFAULTFD_IOC_NEW,
		   O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (fd < 0)
		fd = -errno;
	close(device);
	return fd;
}

int pgb_uffd_open(uint64_t features, char *reason, size_t reason_size)
{
	struct uffdio_api api = {.api = UFFD_API, .features = features};
	int by_call, fd, err;

	by_call = open_by_call();
	fd = by_call >= 0 ? by_call : open_by_device();
	if (fd < 0) {
		if (reason)
			snprintf(reason, reason_size,
				 "userfaultfd(2): %s; /dev/userfaultfd: %s",
				 strerror(-by_call), strerror(-fd));
		return by_call;
	}
	if (ioctl(fd, UFFDIO_API, &api)) {
		err = errno == EINVAL ? -ENOTSUP : -errno;
		if (reason)
			snprintf(reason, reason_size,
				 "this kernel's userfaultfd lacks a feature "
				 "(WP_ASYNC came with Linux 6.7): %s",
				 strerror(errno));
		close(fd);
		return err;
	}
	return fd;
}

int pgb_uffd_register(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_register range = {
		.range = {.start = start, .len = end - start},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &range) ? -errno : 0;
}

int pgb_uffd_unregister(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_range range = {.start = start, .len = end - start};

	return ioctl(uffd, UFFDIO_UNREGISTER, &range) ? -errno : 0;
}
