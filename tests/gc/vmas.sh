#!/bin/sh
# SPDX-License-Identifier: MIT
# vmas.sh - an old heap that is written at random stays a handful of VMAs, however large.

. "$top_srcdir/tests/gc/lib.sh"

# Bookworm's libgc is the one that does not turn incremental collection off at 128 MiB.
suite=bookworm
if suite_skipped "$suite"; then
  suite=system
fi

# below LIMIT - what the program counted
below() {
  found=$(sed -n 's/^vmas //p' "$scratch/vmas")
  [ "$found" -lt "$1" ] && return
  echo "$found VMAs, which is not below $1"
  return 1
}

few_vmas() {
  barrier "$suite" "--design=$1" vmas "$2" "$3" > "$scratch/vmas" || return
  cat "$scratch/vmas"
  below 200 && served "$1" && stat_above processes.0.vmas_at_exit 0 &&
    ! stat_above processes.0.vmas_at_exit 199 2> /dev/null
}

many_vmas() {
  stock_incremental "$suite" vmas 200 300000 > "$scratch/vmas" || return
  cat "$scratch/vmas"
  ! below 10000
}

megabytes_available() {
  awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

for design in A B; do
  check "200 MB heap, design $design: fewer than 200 VMAs" few_vmas "$design" 200 300000
done
check '200 MB heap, stock incremental collection: 10000 VMAs and more' many_vmas
for design in A B; do
  what="1.5 GB heap, design $design: runs, with fewer than 200 VMAs"
  if [ "$(megabytes_available)" -lt 4000 ]; then
    skip "$what" "it takes 4000 MB of memory, and $(megabytes_available) MB are available"
  else
    check "$what" few_vmas "$design" 1500 600000
  fi
done
if [ "$(megabytes_available)" -ge 4000 ]; then
  stock_incremental "$suite" vmas 1500 600000 > "$scratch/contrast" 2>&1
  echo "status $?" >> "$scratch/contrast"
  comment 'the same heap with stock incremental collection:'
  comment_file "$scratch/contrast"
fi
finish
