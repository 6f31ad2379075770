#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-cloud.sh - the tests on Debian's cloud kernel, without CONFIG_MAPPING_DIRTY_HELPERS.

kernel=cloud
. "$top_srcdir/tests/vm/vm.sh"
