#!/bin/sh
# SPDX-License-Identifier: MIT
# gc-costs.sh - a part of the suite gc; runs in a guest that counts instructions.
#
# `make gc-costs` starts one.  In any other guest the figures would be the machine's noise.

. "$top_srcdir/tests/gc/lib.sh"

[ -n "${PGB_VM_COUNTS-}" ] || skip_all 'this guest does not count instructions: make gc-costs'

tables=$scratch/tables
results=$scratch/results.json
stty -F /dev/ttyS2 raw
stty -F /dev/ttyS3 raw

# There is one processor, so libgc marks with one thread, whether stops are bounded or not.
# shellcheck disable=SC2086 # words
{
  "$top_builddir/bench/gc/gc" --json="$results" ${PGB_VM_SUITE:---live=16 --rounds=3} \
    > "$tables"
  echo $? > "$scratch/status"
} 2>&1 | cat > /dev/ttyS3 # which, being no terminal, has a line now and then
sed 's/^/# | /' "$tables"
cat "$results" > /dev/ttyS2

check 'all programs ended well under pgbarrier' [ "$(cat "$scratch/status")" = 0 ]

# row INDEX PATTERN - what it is of, and the signals it took; none are known of a crash, which
# for stock libgc is a result
row() {
  label=$("$top_builddir/tests/tool/json-get" "$results" "runs.0.rows.$1.label")
  signals=$("$top_builddir/tests/tool/json-get" "$results" "runs.0.rows.$1.signals")
  echo "$label: $signals signals" | tee "$scratch/row"
  grep -qxE -e "$2" "$scratch/row"
}
check 'stock incremental libgc goes by soft-dirty bits' \
  row 1 'stock incremental \(soft-dirty\): (0|null) signals'
check 'and by mprotect if told to' \
  row 2 'stock incremental \(mprotect\): ([1-9][0-9]*|null) signals'
finish
