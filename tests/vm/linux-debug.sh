#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-debug.sh - the tests of the module on a kernel that finds mistakes.

kernel=debug
# Which can widen the windows of races; debug-fuzz.sh has the one that is installed.
PGB_VM_MODULE=${PGB_VM_MODULE:-pgbarrier-planted}
PGB_VM_LIMIT=${PGB_VM_LIMIT:-1200}
. "$top_srcdir/tests/vm/vm.sh"
