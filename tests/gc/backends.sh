#!/bin/sh
# SPDX-License-Identifier: MIT
# backends.sh - every backend that runs here serves a program, with either design, and the
# check that no object is lost sees it when reports of dirty pages are withheld.

. "$top_srcdir/tests/gc/lib.sh"

diagnosis=$scratch/doctor.json
"$pgbarrier" doctor --json >"$diagnosis"

# of_backend INDEX WHAT - from the doctor
of_backend() {
  "$programs/statget" "$diagnosis" "backends.$1.$2" 2>/dev/null
}

# undamaged BACKEND DESIGN
undamaged() {
  barrier system "--backend=$1 --design=$2" shadow --threads=4 && served "$2" "$1"
}

# paused BACKEND DESIGN - with several harvests in each collection
paused() {
  barrier system "--backend=$1 --design=$2 --pause=2" shadow --threads=2 &&
    served "$2" "$1"
}

# notices BACKEND DESIGN
notices() {
  PGBARRIER_TEST_DROP=10
  export PGBARRIER_TEST_DROP
  barrier system "--backend=$1 --design=$2" shadow >"$scratch/shadow" 2>&1
  status=$?
  unset PGBARRIER_TEST_DROP
  cat "$scratch/shadow"
  [ "$status" -eq 1 ] && grep -q '^damage: object' "$scratch/shadow" && served "$2" "$1"
}

i=0
while name=$(of_backend $i name); do
  reason=$(of_backend $i reason)
  if [ "$reason" = null ]; then
    for design in A B; do
      check "$name, design $design: no damage" undamaged "$name" "$design"
      check "$name, design $design, pauses of 2 ms: no damage" paused "$name" "$design"
      check "$name, design $design, every 10th dirty page dropped: damage is noticed" \
        notices "$name" "$design"
    done
  else
    skip "$name" "$reason"
  fi
  i=$((i + 1))
done
check "there are backends" test $i -gt 0
finish
