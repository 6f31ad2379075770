#!/bin/sh
# SPDX-License-Identifier: MIT
# retention.sh - the collector keeps what stock libgc keeps, and gives back the rest.

. "$top_srcdir/tests/gc/lib.sh"

value() {
  sed -n "s/^$1 //p" "$2"
}

# at_most NAME TOLERANCE - no more of it than stock has, but for the tolerance
at_most() {
  expected=$(value "$1" "$scratch/stock")
  found=$(value "$1" "$scratch/found")
  [ "$found" -le $((expected + $2)) ] && return
  echo "$1: $found, and $expected with stock libgc; $2 more would be tolerated"
  return 1
}

at_least() {
  expected=$(value "$1" "$scratch/stock")
  found=$(value "$1" "$scratch/found")
  [ "$found" -ge $((expected - $2)) ] && return
  echo "$1: $found, and $expected with stock libgc; $2 fewer would be tolerated"
  return 1
}

# A conservative collector finds a stray reference here and there, so a few of the large
# objects, of 40000 bytes each, may stay.
retains() {
  barrier "$1" "--design=$2 --$3" retention > "$scratch/found" || return 1
  cat "$scratch/found"
  served "$2" && at_least objects 100 && at_most objects 300 && at_most bytes 600000 &&
    at_least finalized 15 && at_most heap 12000000
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  if ! stock "$suite" retention > "$scratch/stock"; then
    not_ok "$suite: stock libgc runs the program"
    continue
  fi
  for design in A B; do
    for mode in mode=generational pause=5; do
      check "$suite, design $design, $mode: retains what stock libgc does" \
        retains "$suite" "$design" "$mode"
    done
  done
done
finish
