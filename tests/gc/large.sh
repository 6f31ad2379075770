#!/bin/sh
# SPDX-License-Identifier: MIT
# large.sh - of large objects, libgc marks from the dirty pages; nothing is lost by it.

. "$top_srcdir/tests/gc/lib.sh"

undamaged() {
  barrier "$suite" "--design=$design $1" large && served "$design"
}

marked_by_us() {
  barrier "$suite" "--design=$design --log=info" large > "$scratch/said" 2>&1 || return
  grep -q 'markers ask here' "$scratch/said"
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    for option in --mode=generational --pause=1 --pause=50; do
      check "$suite, design $design, $option: no damage" undamaged "$option"
    done
    check "$suite, design $design: libgc does not mark from its pages" marked_by_us
  done
done
finish
