#!/bin/sh
# SPDX-License-Identifier: MIT
# shadow.sh - no object is lost, whatever the design, the libgc, the threads and the mode;
# and the check that says so sees it when reports of dirty pages are withheld.

. "$top_srcdir/tests/gc/lib.sh"

# undamaged SUITE DESIGN MODE THREADS SERVED_MODE
undamaged() {
  barrier "$1" "--design=$2 --$3" shadow --threads="$4" && served "$2" &&
    stat_is processes.0.mode "$5"
}

# spared SUITE DESIGN MODE THREADS SERVED_MODE - and libgc is spared some of its walks over all blocks
spared() {
  undamaged "$@" && stat_above processes.0.walks_skipped 0
}

# unspared SUITE DESIGN MODE THREADS SERVED_MODE - and it is spared none
unspared() {
  undamaged "$@" && stat_is processes.0.walks_skipped 0
}

# notices SUITE DESIGN DROP THREADS - a damaged heap is found to be so; a crash is no finding
notices() {
  PGBARRIER_TEST_DROP=$3
  PGBARRIER_POLICY=plain # what is hot is dropped by nobody
  export PGBARRIER_TEST_DROP PGBARRIER_POLICY
  barrier "$1" "--design=$2" shadow --threads="$4" > "$scratch/shadow" 2>&1
  status=$?
  unset PGBARRIER_TEST_DROP PGBARRIER_POLICY
  cat "$scratch/shadow"
  [ "$status" -eq 1 ] && grep -q '^damage: object' "$scratch/shadow" && served "$2"
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    for threads in 1 4; do
      what="$suite, design $design, threads $threads"
      check "$what, generational: no damage" \
        spared "$suite" "$design" mode=generational "$threads" generational
      for pause in 1 5; do
        check "$what, pauses of $pause ms: no damage" \
          spared "$suite" "$design" "pause=$pause" "$threads" incremental
      done
      for mode in "mode=generational generational" "pause=5 incremental"; do
        # shellcheck disable=SC2086 # two words
        set -- $mode
        check "$what, --$1, after a walk, marked from by libgc: no damage" \
          walking unspared "$suite" "$design" "$1" "$threads" "$2"
        check "$what, --$1, after a walk, marked from by us: no damage" \
          kept undamaged "$suite" "$design" "$1" "$threads" "$2"
      done
      for way in walking kept; do
        check "$what, $way, every 10th dirty page dropped: damage is noticed" \
          $way notices "$suite" "$design" 10 "$threads"
      done
      for drop in 2 10 100; do
        check "$what, every ${drop}th dirty page dropped: damage is noticed" \
          notices "$suite" "$design" "$drop" "$threads"
      done
    done
  done
done
finish
