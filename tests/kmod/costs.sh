#!/bin/sh
# SPDX-License-Identifier: MIT
# costs.sh - what a page costs in instructions, as a table; runs in a guest that counts them.
#
# `make kmod-costs` starts one.  In any other guest the figures would be the machine's noise.

. "$top_srcdir/tests/gc/lib.sh"

[ -n "${PGB_VM_COUNTS-}" ] || skip_all 'this guest does not count instructions: make kmod-costs'
[ -c /dev/pgbarrier ] || skip_all 'no /dev/pgbarrier'

table=$scratch/table
"$top_builddir/tests/kmod/costs" > "$table" || exit
sed 's/^/# /' "$table"

# figure WAY COLUMN - of the table
figure() {
  awk -F '|' -v way=" $1 " -v column="$2" '$2 == way { print $(column + 2) + 0 }' "$table"
}

# at_most WAY COLUMN LIMIT WAY COLUMN - its figure is at most so many times the other's
at_most() {
  awk -v one="$(figure "$1" "$2")" -v times="$3" -v other="$(figure "$4" "$5")" \
    'BEGIN { exit !(one != "" && other > 0 && one <= times * other) }'
}

check 'dirty bits: a first write costs 1.2 times one without a barrier, at most' \
  at_most 'module, dirty bits' 1 1.2 'no barrier' 1
check 'write faults: a first write costs less than with mprotect' \
  at_most 'module, write faults' 1 1 'mprotect, SIGSEGV' 1
check 'dirty bits: a clean page costs less to harvest than with soft-dirty bits' \
  at_most 'module, dirty bits' 4 1 'soft-dirty bits' 4
# Asynchronous userfaultfd is there since 6.7.
[ -z "$(figure 'userfaultfd, asynchronous' 4)" ] ||
  [ "$(figure 'userfaultfd, asynchronous' 4)" = 0 ] ||
  check 'log: a clean page costs less to harvest than with asynchronous userfaultfd' \
    at_most 'module, write faults and log' 4 1 'userfaultfd, asynchronous' 4
finish
