#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh - each part of the module's protocol, left out, turns a test red.
#
# As tests/conformance/mutations.sh, but in guests, with the module that src/kmod/planted.h
# makes: a guest for each fault.  Run by `make check-kmod-mutations`.

. "$top_srcdir/tests/planting.sh"

# The cases that notice end by this when they hang.
PGB_TEST_WATCHDOG=${PGB_TEST_WATCHDOG:-90}
PGB_TEST_SECONDS=${PGB_TEST_SECONDS:-8}
PGB_VM_LIMIT=${PGB_VM_LIMIT:-300}
PGB_TEST_BACKENDS=kmod
export PGB_TEST_BACKENDS PGB_TEST_WATCHDOG PGB_TEST_SECONDS PGB_VM_LIMIT

# Faults are bits, see planted.h.  A harvest that reports what is dirty in a page table makes
# good for two others of them, so that these are planted together with 32, which leaves it out.

# guest KERNEL FAULT PROGRAM CASES - the points of these cases that fail
guest()
{
  PGB_VM_MODULE="pgbarrier-planted test_fault=$2" PGB_VM_TESTS=$3 PGB_TEST_CASES=$4 \
    "${SHELL:-sh}" "$top_srcdir/tests/vm/linux-$1.sh" > "$work/report" 2>&1
  grep '^not ok' "$work/report" > "$work/red"
}

# skipped - there is no such guest, or no module for it
skipped()
{
  grep -q -E '^1\.\.0 # SKIP|module/build # SKIP' "$work/report"
}

# noticed NAME KERNEL FAULT PROGRAM CASES - somebody has to
noticed()
{
  name=$1
  shift
  guest "$@"
  if skipped; then
    number=$((number + 1))
    echo "ok $number - $name # SKIP $(sed -n 's/.*# SKIP //p' "$work/report" | head -n 1)"
    return
  fi
  sed 's/^not ok [0-9]* - */#   /' "$work/red" | head -n 3
  [ -s "$work/red" ]
  verdict $? "$name"
}

# sound KERNEL FAULT PROGRAM CASES - nobody does where nothing is wrong
sound()
{
  guest "$@"
  if [ -s "$work/red" ] && ! skipped; then
    sed 's/^/# /' "$work/report"
    verdict 1 "fault $2: $3 passes"
  else
    verdict 0 "fault $2: $3 passes"
  fi
}

for program in stress mappings log clone; do
  sound 6.12 0 "kmod/$program" 'wp: *'
done
sound 6.12 0 kmod/sync 'asked again*'
sound 6.12 0 kmod/absent 'dirty: asked again*'
sound 6.12 0 kmod/advice 'dirty: *beside*'
sound 6.12 0 kmod/outside 'dirty: io_uring*'
sound 6.12 0 conformance/device '*: a child has all*'
sound 6.12 0 conformance/dma '*: a registered*noticed'
# Without this net, what follows is noticed; alone it is not missed, but in mode dirty.
sound 6.12 32 kmod/stress 'wp: *'

noticed 'harvest: does not wait for faults that are half done' 6.12 33 kmod/stress 'wp: *'
noticed 'harvest: leaves entries dirty' 6.12 2 kmod/mappings 'wp: mprotect*'
noticed 'dirty entries that are zapped are forgotten' 6.12 4 kmod/advice 'dirty: *'
noticed 'harvest: protects before it takes the bits' 6.12 40 kmod/stress 'wp: *'
noticed 'harvest: who waits is not told' 6.12 16 kmod/sync 'asked again*'
noticed 'nor of another reader' 6.12 16 kmod/sync 'asked again when readers*'
noticed 'nor that his answer is taken back' 6.12 16 kmod/absent 'dirty: asked again*'
noticed 'harvest: does not wait for TLBs' 6.12 4096 kmod/advice 'dirty: *beside*'
noticed 'harvest: dirty entries are not reported' 6.12 32 kmod/semantics 'dirty: *'
noticed 'log: an entry is left out' 6.12 512 kmod/log 'wp: *'
noticed 'clone: the source is not held' 6.12 1024 kmod/clone 'wp: held*'
noticed 'clone: children have newer memory beside it' 6.12 1024 conformance/device \
  '*: a child has all*'
noticed 'harvest: pins are not looked at' 6.12 2048 kmod/outside "dirty: io_uring*"
noticed 'harvest: nor are those of a barrier' 6.12 2048 conformance/dma '*: a registered*noticed'
noticed 'memory is leaked' debug 64 kmod/semantics 'wp: *'
noticed 'memory is used that was freed' debug 128 kmod/semantics 'wp: *'
noticed 'locks are taken in two orders' debug 256 kmod/semantics 'wp: *'

finish
