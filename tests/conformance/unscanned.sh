#!/bin/sh
# SPDX-License-Identifier: MIT
# unscanned.sh - without PAGEMAP_SCAN, as before Linux 6.7, entries of pages are read.

. "$top_srcdir/tests/conformance/programs.sh"

scale=${PGB_TEST_SCALE:-100}
PGB_TEST_SCALE=$(((scale + 9) / 10))
PGB_TEST_BACKENDS='uffd-sigbus uffd-sync'
PGB_TEST_LACKS=PAGEMAP_SCAN
export PGB_TEST_SCALE PGB_TEST_BACKENDS PGB_TEST_LACKS

run_programs 'descriptors exactness fork kernel move random remap writers'
