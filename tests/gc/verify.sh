#!/bin/sh
# SPDX-License-Identifier: MIT
# verify.sh - the oracle has nothing to say of programs that run as they should, and ends
# those that reports of dirty pages are withheld from, before they can see any damage.

. "$top_srcdir/tests/gc/lib.sh"

# passes OPTION PROGRAM ARGS
passes() {
  option=$1
  shift
  barrier system "--design=$design --verify $option" "$@" && served "$design"
}

forks() {
  passes --mode=generational forking "$1" || return
  stat_above processes.1.harvests 0
}

# ended DROP THREADS - by the oracle, in a run that is reported like any that is killed
ended() {
  PGBARRIER_TEST_DROP=$1
  PGBARRIER_POLICY=plain # what is hot is dropped by nobody
  export PGBARRIER_TEST_DROP PGBARRIER_POLICY
  barrier system "--design=$design --verify" shadow --threads="$2" > "$scratch/shadow" 2>&1
  status=$?
  unset PGBARRIER_TEST_DROP PGBARRIER_POLICY
  cat "$scratch/shadow"
  [ "$status" -eq 134 ] && stat_is exit.signal 6 || return
  # The end of a line that begins with the page.
  grep -q '^pgbarrier: lost write: page 0x[0-9a-f]*000 .* (harvest [1-9][0-9]*, backend uffd-async)$' \
    "$scratch/shadow" && ! grep -q '^damage:' "$scratch/shadow"
}

# says_why - nothing is served unverified, where pages cannot be read
says_why() {
  limited "$programs/deny" process_vm_readv -- "$pgbarrier" run --stats="$stats" --verify \
    -- "$programs/shadow" --operations=200000 2> "$scratch/why" || return
  cat "$scratch/why"
  grep -q 'no barrier could be opened: Operation not permitted' "$scratch/why" &&
    stat_is processes.0.harvests 0
}

for design in A B; do
  for threads in 1 4; do
    what="design $design, threads $threads"
    for option in mode=generational pause=5; do
      check "$what, $option: no alarm" passes "--$option" shadow --threads="$threads"
    done
    for drop in 2 10 100; do
      check "$what, every ${drop}th dirty page dropped: the oracle ends it" \
        ended "$drop" "$threads"
    done
  done
  check "design $design, hot pages: no alarm" passes --mode=generational arming hot
  check "design $design, hot pages, bounded stops: no alarm" passes --pause=1000 arming hot
  check "design $design, fork: no alarm" forks plain
  check "design $design, fork beside running threads: no alarm" forks threads
  check "design $design, mprotect: no alarm" \
    barrier system "--design=$design --backend=mprotect --verify" shadow
  check "design $design, pages cannot be read: it is said" says_why
done
finish
