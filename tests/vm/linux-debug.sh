#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-debug.sh - the tests of the module on a kernel that finds mistakes.

kernel=debug
PGB_VM_LIMIT=${PGB_VM_LIMIT:-1200}
. "$top_srcdir/tests/vm/vm.sh"
