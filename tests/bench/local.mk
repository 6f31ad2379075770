# SPDX-License-Identifier: MIT
# tests/bench/local.mk - tests of the programs under bench/ that check themselves.

bench_tests = \
	tests/bench/compacting.sh \
	tests/bench/copying.sh
TESTS += $(bench_tests)
dist_check_SCRIPTS += $(bench_tests)
EXTRA_DIST += tests/bench/lib.sh
