#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-newest.sh - the tests on the newest kernel that Debian has packaged.

kernel=newest
. "$top_srcdir/tests/vm/vm.sh"
