#!/bin/sh
# SPDX-License-Identifier: MIT
# linux-cloud.sh - the tests on Debian's cloud kernel, without CONFIG_MAPPING_DIRTY_HELPERS.

kernel=cloud
# Of the version that linux-6.12.sh has, so that only the module meets something new.
PGB_TEST_BACKENDS=${PGB_TEST_BACKENDS-kmod kmod-wp kmod-sync}
. "$top_srcdir/tests/vm/vm.sh"
