#!/bin/sh
# SPDX-License-Identifier: MIT
# stopping.sh - where stops are kept short, libgc's stop function is still the program's, what
# is asked for is done, and between stops nothing is lost.

. "$top_srcdir/tests/gc/lib.sh"

# works PROGRAM ARGS - on a heap whose block headers take more than half of the target
works() {
  barrier "$suite" "--design=$design --pause=1" "$@" && served "$design"
}

# For heaps of more than 1 GiB there are harvests between stops; here for any.
harvests_between() {
  PGBARRIER_TEST_TABLE=0
  export PGBARRIER_TEST_TABLE
  barrier "$suite" "--design=$design --pause=1 --log=info" shadow "$@" > "$scratch/shadow" 2>&1
  status=$?
  unset PGBARRIER_TEST_TABLE
  cat "$scratch/shadow"
  [ "$status" -eq 0 ] && served "$design" &&
    grep -q 'and [1-9][0-9]* harvests between them$' "$scratch/shadow"
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for function in collects past before after; do
    check "$suite, stock: $function" stock "$suite" stopping "$function"
  done
  for design in A B; do
    what="$suite, design $design"
    check "$what: GC_gcollect() collects" works stopping collects
    check "$what: also if it is called past the preload" works stopping past
    check "$what: a stop function set before GC_init()" works stopping before
    check "$what: a stop function set after it" works stopping after
    check "$what: stops that are abandoned at once lose nothing" works shadow --mib=80
    check "$what: nor with threads" works shadow --mib=80 --threads=4
    check "$what: nor do harvests between stops" harvests_between
    check "$what: nor both" harvests_between --mib=80 --threads=4
  done
done
finish
