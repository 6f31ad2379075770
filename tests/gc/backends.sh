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

# notices BACKEND DESIGN EVERY
notices() {
  PGBARRIER_TEST_DROP=$3
  PGBARRIER_POLICY=plain # what is hot is dropped by nobody
  export PGBARRIER_TEST_DROP PGBARRIER_POLICY
  barrier system "--backend=$1 --design=$2" shadow >"$scratch/shadow" 2>&1
  status=$?
  unset PGBARRIER_TEST_DROP PGBARRIER_POLICY
  cat "$scratch/shadow"
  [ "$status" -eq 1 ] && grep -q '^damage: object' "$scratch/shadow" && served "$2" "$1"
}

i=0
while name=$(of_backend $i name); do
  reason=$(of_backend $i reason)
  # It reports all pages in each harvest, so what one loses another one tells.
  every=10
  [ "$name" != null ] || every=1
  if [ "$reason" = null ]; then
    for design in A B; do
      check "$name, design $design: no damage" undamaged "$name" "$design"
      check "$name, design $design, pauses of 2 ms: no damage" paused "$name" "$design"
      check "$name, design $design, dropped dirty pages (1 of $every): damage is noticed" \
        notices "$name" "$design" "$every"
    done
  else
    skip "$name" "$reason"
  fi
  i=$((i + 1))
done
check "there are backends" test $i -gt 0
finish
