/* SPDX-License-Identifier: MIT */
/*
 * deny.c - run a program that is refused some system calls, as containers do.
 *
 *	deny userfaultfd|pagemap-scan|process_vm_readv... -- PROGRAM ARGS
 *
 * They fail with EPERM, here and in every child.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.7; its argument is 12 words long. */
#define PAGEMAP_SCAN_COMMAND _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 12 * sizeof(__u64))

/* What the filter looks at; the arguments of calls are 64 bits, little end first. */
#define NUMBER	 offsetof(struct seccomp_data, nr)
#define COMMAND	 offsetof(struct seccomp_data, args[1])
#define REFUSAL	 (SECCOMP_RET_ERRNO | EPERM)
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define UNLESS(value, instructions)                                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, instructions)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)

static struct sock_filter refuse_userfaultfd[] = {
	LOAD(NUMBER),
	UNLESS(SYS_userfaultfd, 1),
	RETURN(REFUSAL),
	RETURN(SECCOMP_RET_ALLOW),
};

static struct sock_filter refuse_pagemap_scan[] = {
	LOAD(NUMBER),	 UNLESS(SYS_ioctl, 3),
	LOAD(COMMAND),	 UNLESS(PAGEMAP_SCAN_COMMAND, 1),
	RETURN(REFUSAL), RETURN(SECCOMP_RET_ALLOW),
};

static struct sock_filter refuse_process_vm_readv[] = {
	LOAD(NUMBER),
	UNLESS(SYS_process_vm_readv, 1),
	RETURN(REFUSAL),
	RETURN(SECCOMP_RET_ALLOW),
};

static const struct refusal {
	const char *name;
	struct sock_fprog program;
} refusals[] = {
	{"userfaultfd",
	 {sizeof(refuse_userfaultfd) / sizeof(struct sock_filter), refuse_userfaultfd}},
	{"pagemap-scan",
	 {sizeof(refuse_pagemap_scan) / sizeof(struct sock_filter), refuse_pagemap_scan}},
	{"process_vm_readv",
	 {sizeof(refuse_process_vm_readv) / sizeof(struct sock_filter),
	  refuse_process_vm_readv}},
};

static int refuse(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strcmp(refusals[i].name, name))
			continue;
		if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &refusals[i].program))
			return 0;
		perror("deny: seccomp");
		return EXIT_FAILURE;
	}
	fprintf(stderr, "deny: cannot refuse '%s'\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int status = 0;

	/* Without privilege, a filter may be set only if exec gains none. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		perror("deny: PR_SET_NO_NEW_PRIVS");
		return EXIT_FAILURE;
	}
	while (--argc > 0 && strcmp(*++argv, "--") && !status)
		status = refuse(*argv);
	if (status)
		return status;
	if (argc < 2) {
		fputs("usage: deny userfaultfd|pagemap-scan|process_vm_readv... -- "
		      "PROGRAM ARGS\n",
		      stderr);
		return 2;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return EXIT_FAILURE;
}
