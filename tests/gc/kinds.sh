#!/bin/sh
# SPDX-License-Identifier: MIT
# kinds.sh - nothing is lost of what libgc alone can mark from, or has to look for in all
# blocks, whether it is spared its walk over them or not.

. "$top_srcdir/tests/gc/lib.sh"

undamaged() {
  barrier "$suite" "--design=$design $1" "$2" && served "$design"
}

# Some of its walks are skipped, and in others there is something to find.
spared() {
  undamaged "$@" && stat_above processes.0.walks_skipped 0
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for program in kinds overflow; do
    check "$suite, stock incremental, $program: no damage" \
      stock_incremental "$suite" "$program"
  done
  for design in A B; do
    for option in --mode=generational --pause=1 --pause=50; do
      for program in kinds overflow; do
        check "$suite, design $design, $option, $program: no damage" \
          spared "$option" "$program"
        check "$suite, design $design, $option, $program, after a walk: no damage" \
          walking undamaged "$option" "$program"
      done
    done
  done
done
finish
