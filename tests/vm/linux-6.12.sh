#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-6.12.sh - the tests on Debian 13's kernel.

kernel=6.12
. "$top_srcdir/tests/vm/vm.sh"
