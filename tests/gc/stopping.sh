#!/bin/sh
# SPDX-License-Identifier: MIT
# stopping.sh - where stops are kept short, libgc's stop function is still the program's, and
# what is asked for is done.

. "$top_srcdir/tests/gc/lib.sh"

# works PROGRAM ARGS - on a heap whose block headers take more than half of the target
works() {
  barrier "$suite" "--design=$design --pause=1" "$@" && served "$design"
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
  done
done
finish
