#!/bin/sh
# SPDX-License-Identifier: MIT
# verified.sh - what the suite does gives the oracle no reason to complain, on any backend.

. "$top_srcdir/tests/conformance/programs.sh"

scale=${PGB_TEST_SCALE:-100}
PGB_TEST_SCALE=$(((scale + 9) / 10))
PGBARRIER_VERIFY=1
export PGB_TEST_SCALE PGBARRIER_VERIFY

run_programs 'calls exactness fork kernel pins random ranges remap writers'
