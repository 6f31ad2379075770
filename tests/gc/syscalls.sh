#!/bin/sh
# SPDX-License-Identifier: MIT
# syscalls.sh - what the kernel writes into the collector's heap succeeds and is noticed.

. "$top_srcdir/tests/gc/lib.sh"

succeeds() {
  barrier "$1" "--design=$2 --$3" syscalls && served "$2"
}

notices() {
  PGBARRIER_TEST_DROP=2
  PGBARRIER_POLICY=plain # what is hot is dropped by nobody
  export PGBARRIER_TEST_DROP PGBARRIER_POLICY
  barrier system "--design=$1" syscalls > "$scratch/syscalls" 2>&1
  status=$?
  unset PGBARRIER_TEST_DROP PGBARRIER_POLICY
  cat "$scratch/syscalls"
  [ "$status" -eq 1 ] && grep -q 'was lost$' "$scratch/syscalls"
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    for mode in mode=generational pause=5; do
      check "$suite, design $design, $mode: calls succeed and are noticed" \
        succeeds "$suite" "$design" "$mode"
    done
  done
  comment "$suite, stock incremental collection, for comparison:"
  stock_incremental "$suite" syscalls tolerate > "$scratch/contrast" 2>&1
  comment_file "$scratch/contrast"
done
for design in A B; do
  check "design $design: with every other dirty page dropped an object is lost" notices "$design"
done
finish
