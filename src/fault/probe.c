/* SPDX-License-Identifier: MIT */
/* probe.c - which faults can be had here, and what can be done about them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/uapi.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"
#include "pgbarrier_fault.h"

/* Each with the feature of userfaultfd that it takes; 0: always there. */
static const struct {
	uint64_t feature;
	uint32_t kind;
	const char *name;
} kinds[] = {
	{0, PGB_FAULT_ABSENT, "ABSENT"},
	{UFFD_FEATURE_PAGEFAULT_FLAG_WP, PGB_FAULT_WRITE, "WRITE (Linux 5.7)"},
	{UFFD_FEATURE_MINOR_SHMEM, PGB_FAULT_ACCESS, "ACCESS (Linux 5.14)"},
};

static const struct {
	unsigned long request;
	enum pgb_ack_action action;
	const char *name;
} actions[] = {
	{UFFDIO_WRITEPROTECT, PGB_ACK_ALLOW, "ALLOW (Linux 5.7)"},
	{UFFDIO_COPY, PGB_ACK_FILL, "FILL"},
	{UFFDIO_ZEROPAGE, PGB_ACK_ZERO, "ZERO"},
	{UFFDIO_MOVE, PGB_ACK_MOVE, "MOVE without a copy (Linux 6.8)"},
	{UFFDIO_CONTINUE, PGB_ACK_MAP, "MAP (Linux 5.13)"},
	{UFFDIO_POISON, PGB_ACK_POISON, "POISON (Linux 6.6)"},
};

static void lacks(struct pgb_fault_info *info, const char *name)
{
	size_t length = strlen(info->reason);

	snprintf(info->reason + length, sizeof(info->reason) - length, "%s%s",
		 length ? ", " : "lacking: ", name);
}

static void find_kinds(struct pgb_fault_info *info, enum pgb_uffd_scope scope)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int fd = pgb_uffd_open(scope, kinds[i].feature, NULL, NULL, 0);

		if (fd < 0) {
			lacks(info, kinds[i].name);
			continue;
		}
		info->kinds |= kinds[i].kind;
		close(fd);
	}
}

static void find_actions(struct pgb_fault_info *info, int fd)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (pgb_uffd_knows(fd, actions[i].request))
			info->actions |= 1u << actions[i].action;
		else
			lacks(info, actions[i].name);
	}
	/* Where pages cannot be moved they are copied. */
	info->actions |= 1u << PGB_ACK_MOVE;
}

static void find_hole_protection(struct pgb_fault_info *info, enum pgb_uffd_scope scope)
{
	int fd = pgb_uffd_open(scope, UFFD_FEATURE_WP_UNPOPULATED, NULL, NULL, 0);

	info->protects_holes = fd >= 0;
	if (fd >= 0)
		close(fd);
}

int pgb_fault_probe(struct pgb_fault_info *info, size_t size)
{
	enum pgb_uffd_scope scope = PGB_UFFD_KERNEL;
	char reason[PGB_REASON_SIZE] = "";
	int fd;

	if (!info || size < sizeof(*info))
		return -EINVAL;
	*info = (struct pgb_fault_info){0};
	fd = pgb_uffd_open(scope, 0, NULL, reason, sizeof(reason));
	if (fd < 0) {
		scope = PGB_UFFD_USER;
		fd = pgb_uffd_open(scope, 0, NULL, reason, sizeof(reason));
	}
	if (fd < 0) {
		info->status = fd;
		memcpy(info->reason, reason, sizeof(reason));
		return 0;
	}
	info->system_calls = scope == PGB_UFFD_KERNEL;
	find_kinds(info, scope);
	find_actions(info, fd);
	find_hole_protection(info, scope);
	close(fd);
	return 0;
}
