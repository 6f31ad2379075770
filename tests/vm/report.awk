# SPDX-License-Identifier: MIT
# report.awk - one TAP stream of what a guest printed and of its kernel's messages.
#
# awk -v version=6.1.176 -v ending='how it ended' -f report.awk
#	from=guest OUTPUT from=kernel MESSAGES
# tests/vm/init says what OUTPUT looks like.

function point(passed, name, directive)
{
	points++
	printf "%sok %d - %s: %s%s\n", passed ? "" : "not ", points, version, name, directive
}

function comment(line)
{
	sub(/^#? ?/, "# ", line)
	print line
}

# A test must have said how many points it has, and have had as many.
function finish_test(status, seconds)
{
	if (seen != planned || (status && !failed)) {
		point(0, test ": ran to its end")
		comment("status " status ", " seen " points of " (planned < 0 ? "?" : planned))
	}
	comment(test ": " seconds " s")
	test = ""
}

{ sub(/\r$/, "") }

from == "kernel" {
	messages[++message_count] = $0
	if (/BUG:|WARNING:|Oops|[Gg]eneral protection|KASAN|UBSAN|KCSAN|KFENCE/ ||
	    /kernel panic|Kernel panic|Bad page state|Bad rss-counter|Bad page map/ ||
	    /rcu.*detected.*stall|INFO: rcu|blocked for more than|soft lockup|hard LOCKUP/ ||
	    /possible (circular|recursive) locking|suspicious RCU|inconsistent lock state/ ||
	    /unreferenced object|refcount_t:|list_(add|del) corruption|Call Trace:/ ||
	    /segfault at .* error .* in (busybox|sh)/)
		warnings[++warning_count] = $0
	next
}

/^@ kernel / { comment(substr($0, 10)); next }
/^@ test / { tests += $3 !~ /^module\//; test = $3; planned = -1; seen = failed = 0; next }
/^@ status / { finish_test($3, $4); next }
/^@ end$/ { ended = 1; next }

/^(not )?ok / {
	passed = !/^not /
	name = $0
	sub(/^(not )?ok [0-9]* *-? */, "", name)
	point(passed, test ": " name)
	seen++
	failed += !passed
	next
}

/^1\.\.0 +# *SKIP/ {
	sub(/^1\.\.0 +# *SKIP */, "")
	point(1, test, " # SKIP " $0)
	planned = 0
	next
}
/^1\.\.[0-9]+$/ { planned = substr($0, 4) + 0; next }
/./ { comment($0) }

END {
	point(ended, "the guest reached its end")
	if (!ended) {
		comment(ending (test == "" ? "" : " while " test " was running"))
		for (i = message_count > 60 ? message_count - 59 : 1; i <= message_count; i++)
			comment(messages[i])
	}
	# Names of tests that are mistyped must not pass.
	if (!tests && ended)
		point(0, "there are tests to run")
	point(!warning_count, "no warning in the kernel's log")
	for (i = 1; i <= warning_count; i++)
		comment(warnings[i])
	print "1.." points
}
