/* SPDX-License-Identifier: MIT */
/*
 * outcome.c - how a run ended, in words.
 */
#include "outcome.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static bool same_output(const struct child_result *a, const struct child_result *b)
{
	return a->output_size == b->output_size &&
	       !memcmp(a->output, b->output, a->output_size);
}

static void describe_signal(const struct child_result *result, char *text, size_t size)
{
	int signal = WTERMSIG(result->status);

	if (signal == SIGABRT)
		snprintf(text, size, "aborted: %s", result->last_words);
	else
		snprintf(text, size, "crashed: SIG%s", sigabbrev_np(signal));
}

bool outcome_is_sound(const struct child_result *result,
		      const struct child_result *expected, char *text, size_t size)
{
	if (result->too_long)
		snprintf(text, size, "took more than %u s, and was ended",
			 result->too_long);
	else if (WIFSIGNALED(result->status))
		describe_signal(result, text, size);
	else if (WEXITSTATUS(result->status))
		snprintf(text, size, "failed with status %d: %s",
			 WEXITSTATUS(result->status), result->last_words);
	else if (!result->output || (expected && !same_output(result, expected)))
		snprintf(text, size, "wrong output");
	else
		return true;
	return false;
}
