# SPDX-License-Identifier: MIT
# tests/bench/local.mk - tests of the programs under bench/ that check themselves, and of
# suites.

bench_tests = \
	tests/bench/compacting.sh \
	tests/bench/copying.sh
suite_tests = \
	tests/bench/primitives.sh \
	tests/bench/suites.sh \
	tests/bench/workloads.sh
TESTS += $(bench_tests) $(suite_tests)
dist_check_SCRIPTS += $(bench_tests) $(suite_tests)
EXTRA_DIST += tests/bench/lib.sh
