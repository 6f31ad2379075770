/* SPDX-License-Identifier: MIT */
/* choice.c - tests of src/choice.c, which backends there are and which one is taken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "choice.h"

static const struct pgb_backend *find(const char *name)
{
	for (size_t i = 0; pgb_backends[i]; i++)
		if (!strcmp(pgb_backends[i]->name, name))
			return pgb_backends[i];
	fail();
	return NULL;
}

static void order_of_preference(void **state)
{
	static const char *const names[] = {
		"kmod",	    "kmod-wp",	 "kmod-sync",  "uffd-async", "uffd-sigbus",
		"mprotect", "uffd-sync", "soft-dirty", "null",
	};
	size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_string_equal(pgb_backends[i]->name, names[i]);
	assert_null(pgb_backends[count]);
	assert_ptr_equal(pgb_choice_best(), find("uffd-async"));
}

/* A capability that is given up makes cases of the conformance suite vanish. */
static void capabilities(void **state)
{
	const uint32_t of_uffd = PGB_CAP_ONE_VMA | PGB_CAP_CONCURRENT |
				 PGB_CAP_PAGE_PRECISE | PGB_CAP_REMAP_SAFE | PGB_CAP_LOCAL |
				 PGB_CAP_ANY_MEMORY;
	const uint32_t silent = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES;
	const uint32_t of_kmod = silent | PGB_CAP_ONE_VMA | PGB_CAP_CONCURRENT |
				 PGB_CAP_PAGE_PRECISE | PGB_CAP_NEEDS_PRIVILEGE |
				 PGB_CAP_LOCAL | PGB_CAP_DEVICE_WRITES;

	(void)state;
	assert_int_equal(find("uffd-async")->capabilities, of_uffd | silent);
	assert_int_equal(find("uffd-sigbus")->capabilities, of_uffd);
	assert_int_equal(find("uffd-sync")->capabilities,
			 of_uffd | silent | PGB_CAP_NEEDS_PRIVILEGE);
	assert_int_equal(find("mprotect")->capabilities,
			 PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE | PGB_CAP_LOCAL |
				 PGB_CAP_ANY_MEMORY);
	assert_int_equal(find("kmod")->capabilities, of_kmod);
	assert_int_equal(find("kmod-wp")->capabilities, of_kmod);
	assert_int_equal(find("kmod-sync")->capabilities, of_kmod);
	assert_int_equal(find("soft-dirty")->capabilities,
			 silent | PGB_CAP_ONE_VMA | PGB_CAP_ANY_MEMORY);
	assert_int_equal(find("null")->capabilities,
			 silent | PGB_CAP_ONE_VMA | PGB_CAP_CONCURRENT |
				 PGB_CAP_REMAP_SAFE | PGB_CAP_LOCAL | PGB_CAP_ANY_MEMORY);
	assert_false(find("kmod")->automatic);
	assert_false(find("kmod-wp")->automatic);
	assert_false(find("kmod-sync")->automatic);
	assert_true(find("uffd-async")->automatic);
	assert_true(find("uffd-sigbus")->automatic);
	assert_true(find("mprotect")->automatic);
	assert_false(find("uffd-sync")->automatic);
	assert_false(find("soft-dirty")->automatic);
	assert_false(find("null")->automatic);
}

/* Whoever asks for none in particular may harvest while mutators run. */
static void automatic_are_concurrent(void **state)
{
	(void)state;
	for (size_t i = 0; pgb_backends[i]; i++)
		if (pgb_backends[i]->automatic)
			assert_true(pgb_backends[i]->capabilities & PGB_CAP_CONCURRENT);
}

static void complete(void **state)
{
	(void)state;
	for (size_t i = 0; pgb_backends[i]; i++) {
		const struct pgb_backend *backend = pgb_backends[i];

		assert_true(backend->name[0] && backend->summary[0]);
		assert_null(strchr(backend->name, ' '));
		assert_string_not_equal(backend->name, "auto");
		assert_non_null(backend->probe);
		assert_non_null(backend->open);
		assert_non_null(backend->close);
		assert_non_null(backend->add);
		assert_non_null(backend->remove);
		assert_non_null(backend->harvest);
		assert_non_null(backend->forked_child);
	}
}

static void by_name(void **state)
{
	static const char *const wrong[] = {"", "Null", "null ", "nul"};
	char reason[PGB_REASON_SIZE], expected[PGB_REASON_SIZE];
	const struct pgb_backend *backend;

	(void)state;
	for (size_t i = 0; pgb_backends[i]; i++) {
		int err = pgb_choice_probe(pgb_backends[i], expected);

		assert_int_equal(pgb_choice_make(pgb_backends[i]->name, &backend, reason),
				 err);
		assert_ptr_equal(backend, pgb_backends[i]);
		assert_string_equal(reason, expected);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		reason[0] = '\0';
		assert_int_equal(pgb_choice_make(wrong[i], &backend, reason), -EINVAL);
		assert_string_not_equal(reason, "");
	}
}

/* The first automatic one that can run, whatever this machine can do. */
static void automatic(void **state)
{
	static const char *const names[] = {NULL, "auto"};
	char reason[PGB_REASON_SIZE];
	const struct pgb_backend *backend;
	size_t first = 0;

	(void)state;
	while (!pgb_backends[first]->automatic ||
	       pgb_choice_probe(pgb_backends[first], reason))
		first++;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pgb_choice_make(names[i], &backend, reason), 0);
		assert_ptr_equal(backend, pgb_backends[first]);
	}
}

static int fails_in_silence(char *reason, size_t reason_size)
{
	(void)reason;
	(void)reason_size;
	return -EPERM;
}

static int fails_with_many_words(char *reason, size_t reason_size)
{
	memset(reason, 'x', reason_size);
	reason[reason_size - 1] = '\0';
	return -ENOSYS;
}

static void reasons(void **state)
{
	const struct pgb_backend silent = {.probe = fails_in_silence};
	const struct pgb_backend wordy = {.probe = fails_with_many_words};
	char reason[PGB_REASON_SIZE] = "left over";

	(void)state;
	assert_int_equal(pgb_choice_probe(find("null"), reason), 0);
	assert_string_equal(reason, "");
	assert_int_equal(pgb_choice_probe(&silent, reason), -EPERM);
	assert_string_equal(reason, strerror(EPERM));
	assert_int_equal(pgb_choice_probe(&wordy, reason), -ENOSYS);
	assert_int_equal(strlen(reason), PGB_REASON_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest choice[] = {
		cmocka_unit_test(order_of_preference),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(automatic_are_concurrent),
		cmocka_unit_test(complete),
		cmocka_unit_test(by_name),
		cmocka_unit_test(automatic),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(choice, NULL, NULL);
}
