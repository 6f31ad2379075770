#!/bin/sh
# SPDX-License-Identifier: MIT
# pacing.sh - which collections mark everything, and whose settings stand.

. "$top_srcdir/tests/gc/lib.sh"

# prints EXPECTED WHAT OPTION - under the preload
prints() {
  barrier "$suite" "--design=$design $3" pacing "$2" > "$scratch/found" || return
  printf '%s\n' $1 > "$scratch/expected"
  served "$design" && tr ' ' '\n' < "$scratch/found" | diff "$scratch/expected" -
}

# One on the empty heap tells how much of it is free.  Under design B libgc takes to such a
# heap without asking whether to collect.
uses_free_heap() {
  barrier "$suite" "--design=$design" pacing expanded > "$scratch/found" || return
  count=$(cat "$scratch/found")
  echo "$count collections"
  served "$design" && [ "$count" -le 2 ]
}

# Ten times and more where nothing looks after it, three to four without a barrier.
keeps_little_that_is_dead() {
  barrier "$suite" "--design=$design" pacing floating > "$scratch/found" || return
  percent=$(cat "$scratch/found")
  echo "the heap has $percent % of what is alive"
  served "$design" && [ "$percent" -le 800 ]
}

environment_stands() {
  GC_FULL_FREQUENCY=5
  export GC_FULL_FREQUENCY
  prints 'bytes 1 full-frequency 5 rate 10 tries 1' settings
  status=$?
  unset GC_FULL_FREQUENCY
  return "$status"
}

untouched_when_off() {
  "$pgbarrier" run --mode=off -- "$programs/pacing" settings > "$scratch/found" || return
  stock "$suite" pacing settings > "$scratch/expected" || return
  diff "$scratch/expected" "$scratch/found"
}

# Tries that go on for ever are no collection.
come_to_an_end() {
  barrier "$suite" "--design=$design --pause=$1" shadow --mib=64 && served "$design" &&
    stat_above processes.0.collections 4
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    what="$suite, design $design"
    check "$what: only the first collection of a built heap is full" \
      prints 'full partial partial' collections
    check "$what: the program reads libgc's values" \
      prints 'bytes 1 full-frequency 19 rate 10 tries 1' settings
    check "$what: the same with bounded stops" \
      prints 'bytes 1 full-frequency 19 rate 10 tries 1' settings --pause=5
    check "$what: what the program has set stands" \
      prints 'bytes 12345 full-frequency 7 rate 10 tries 1' own
    for option in --mode=generational --pause=5; do
      check "$what, $option: also where we would have set it to that" \
        prints 'bytes 1 full-frequency 0 rate 100 tries 0' own-zero "$option"
      check "$what, $option: and what it has put back" \
        prints 'bytes 1 full-frequency 19 rate 10 tries 1' restored "$option"
    done
    check "$what: a heap that is free is used before it is collected" uses_free_heap
    check "$what: objects that die old do not pile up" keeps_little_that_is_dead
    check "$what: what the user has set stands" environment_stands
    for pause in 1 5; do
      check "$what: collections in stops of $pause ms end" come_to_an_end "$pause"
    done
  done
done
suite=system
check 'mode off: nothing is set' untouched_when_off
finish
