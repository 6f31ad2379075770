#!/bin/sh
# SPDX-License-Identifier: MIT
# debug-fuzz.sh - two minutes of random calls on the kernel of linux-debug.sh.

PGB_VM_MODULE=pgbarrier
PGB_VM_TESTS=kmod/fuzz
PGB_TEST_SECONDS=${PGB_TEST_SECONDS:-120}
. "$top_srcdir/tests/vm/linux-debug.sh"
