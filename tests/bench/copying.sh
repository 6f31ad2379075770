#!/bin/sh
# SPDX-License-Identifier: MIT
# copying.sh - the collector that copies beside its mutators loses nothing, and what it
# does wrong is found.

. "$top_srcdir/tests/bench/lib.sh"

use copying
check "what is alive is as in the shadow" sound
check "every flip is counted" shows flips

for seed in 1 2 3; do
  run --lazy --seed="$seed"
  check "scanning for faults alone, seed $seed: as in the shadow" sound
  check "scanning for faults alone, seed $seed: there were faults" shows faults
  check "scanning for faults alone, seed $seed: pages were scanned for them" \
    grep -q '^  pages scanned .*[1-9][0-9]* for a fault' "$out"
done

# Lazily, since else the background may be done before a mutator looks.
check "a page that is mapped unscanned is found" sees_damage --lazy --plant=unscanned
check "a flip that protects nothing is found" sees_damage --lazy --plant=unprotected
check "a flip that forgets the roots is found" sees_damage --lazy --plant=unforwarded

run --pages=64 --nodes=20000
check "a heap that is too small: status 1" status_is 1
check "a heap that is too small: the message" err_has "a larger heap is needed"
run --flips=none
check "wrong usage: status 2" status_is 2

finish
