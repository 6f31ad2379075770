#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-6.1.sh - the tests on Debian 12's kernel, which has no WP_ASYNC.

kernel=6.1
. "$top_srcdir/tests/vm/vm.sh"
