#!/bin/sh
# SPDX-License-Identifier: MIT
# compacting.sh - the collector that moves pages loses nothing and splits no mapping, and
# what it does wrong is found.

. "$top_srcdir/tests/bench/lib.sh"

# says_how - pages were moved, or it is said why not.
says_how() {
  shows "moved whole" || grep -q "^  copied whole  *[1-9][0-9]* KiB   ." "$out"
}

use compacting
check "what is alive is as in the shadow" sound
check "whole pages are moved, or it says why not" says_how
check "sparse pages are evacuated" shows "copied from sparse pages"
check "the heap is one mapping, as before" \
  grep -q '^  mappings of the heap  *1   1 before' "$out"

for seed in 2 3; do
  run --seed="$seed"
  check "seed $seed: as in the shadow" sound
done

run --copy
check "all pages are copied if that is asked for" shows "copied whole"
check "all pages are copied: as in the shadow" sound

check "references that are not updated are found" sees_damage --plant=stale
check "an evacuated page that is lost is found" sees_damage --plant=lost
check "so is who touches it: a fault at an absent page" out_has "faults at absent pages"

run --pages=64 --nodes=20000
check "a heap that is too small: status 1" status_is 1
check "a heap that is too small: the message" err_has "a larger heap is needed"
run --collections=none
check "wrong usage: status 2" status_is 2

finish
