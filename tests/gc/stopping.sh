#!/bin/sh
# SPDX-License-Identifier: MIT
# stopping.sh - where stops are kept short, libgc's stop function is still the program's, what
# is asked for is done, and between stops nothing is lost.

. "$top_srcdir/tests/gc/lib.sh"

# works PROGRAM ARGS - on a heap whose block headers take more than half of the target
works() {
  barrier "$suite" "--design=$design --pause=1" "$@" && served "$design"
}

# logged PROGRAM ARGS - the same, with all that is said in $scratch/log
logged() {
  barrier "$suite" "--design=$design --pause=1 --log=info" "$@" > "$scratch/log" 2>&1
  status=$?
  cat "$scratch/log"
  [ "$status" -eq 0 ] && served "$design"
}

# For these the world may have to stand still, so tries end when their time is over.
pushes_roots() {
  logged stopping roots && grep -q 'tries (0 abandoned' "$scratch/log" &&
    ! grep -q 'tries ([1-9]' "$scratch/log"
}

# loses_nothing WHAT SHADOW_ARGS - with tries, or harvests between them, as the log says
loses_nothing() {
  expected=$1
  shift
  logged shadow "$@" && grep -q "$expected" "$scratch/log"
}
harvests='and [1-9][0-9]* harvests between them$'

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for what in collects past tries roots before after set-past; do
    check "$suite, stock: $what" stock "$suite" stopping "$what"
  done
  for design in A B; do
    where="$suite, design $design"
    case $design in
    A) tries='tries ([1-9][0-9]* abandoned at once)' abandoned='abandoned at once' ;;
    B) tries='tries (0 abandoned at once)' abandoned='not abandoned at once' ;;
    esac
    check "$where: GC_gcollect() collects" works stopping collects
    check "$where: also if it is called past the preload" works stopping past
    check "$where: collections end, whatever number of tries is set" works stopping tries
    check "$where: also where libgc has its walk over blocks" walking works stopping tries
    check "$where: with roots of the program's no try is abandoned at once" pushes_roots
    check "$where: nor where libgc has its walk" walking pushes_roots
    check "$where: a stop function set before GC_init()" works stopping before
    check "$where: a stop function set after it" works stopping after
    check "$where: a stop function set past the preload" works stopping set-past
    check "$where: tries that are $abandoned lose nothing" \
      loses_nothing "$tries" --mib=80
    check "$where: nor with threads" loses_nothing "$tries" --mib=80 --threads=4
    check "$where: nor do those that have the walk in allocations" \
      walking loses_nothing "$tries" --mib=80 --threads=4
    check "$where: nor do harvests between stops" kept loses_nothing "$harvests"
    check "$where: nor where a program with time to spare has them in a small heap" \
      loses_nothing "$harvests" --operations=200000 --rest
    check "$where: nor both" kept loses_nothing "$tries.*$harvests" --mib=80 --threads=4
  done
done
finish
