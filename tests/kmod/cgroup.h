/* SPDX-License-Identifier: MIT */
/* cgroup.h - a control group that accounts for memory; for root only. */
#ifndef PGB_KMOD_CGROUP_H
#define PGB_KMOD_CGROUP_H

struct cgroup {
	char root[64]; /* where we have mounted them */
	char path[96];
};

/* Ends the case as skipped where there is no second version of them. */
void cgroup_make(struct cgroup *group);
/* Nobody is in it any more. */
void cgroup_remove(struct cgroup *group);
/* The calling process, and all that it starts. */
void cgroup_enter(const struct cgroup *group);
long cgroup_number(const struct cgroup *group, const char *file);
void cgroup_set(const struct cgroup *group, const char *file, unsigned long value);

#endif
