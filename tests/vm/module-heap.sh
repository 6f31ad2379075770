#!/bin/sh
# SPDX-License-Identifier: MIT
# module-heap.sh - libgc's heap in memory of the kernel module: fork, memory given back, and
# the module's refusals.

. "$top_srcdir/tests/vm/kernel.sh"

[ -e /dev/pgbarrier ] || skip_all 'the module pgbarrier is not loaded'

parameters=/sys/module/pgbarrier/parameters

# given OPTIONS -- PROGRAM ARGS - under `pgbarrier run OPTIONS`, which reports in $stats
given() {
  rm -f "$stats"
  limited "$pgbarrier" run --stats="$stats" "$@" > "$scratch/given" 2>&1
  status=$?
  cat "$scratch/given"
  return "$status"
}

# runs_with DESIGN BACKEND PROGRAM ARGS
runs_with() {
  design=$1
  backend=$2
  shift 2
  given --design="$design" --backend="$backend" -- "$@" && served "$design" "$backend"
}

# forks DESIGN BACKEND HOW - each child was served, too
forks() {
  runs_with "$1" "$2" "$programs/forking" "$3" || return
  process=0
  while [ "$process" -lt 4 ]; do
    stat_above "processes.$process.harvests" 0 || return
    process=$((process + 1))
  done
}

# limited_to MIB REGION_MIB COMMAND... - with that little for each user, and region
limited_to() {
  echo "$1" > "$parameters/max_user_mb"
  echo "$2" > "$parameters/max_region_mb"
  shift 2
  "$@"
  status=$?
  echo 0 > "$parameters/max_user_mb"
  echo 0 > "$parameters/max_region_mb"
  return "$status"
}

# grows_beyond DESIGN - the rest of the heap is other memory, and that is said
grows_beyond() {
  limited_to 2 1 runs_with "$1" kmod "$programs/shadow" --mib=4 --operations=5000 || return
  grep -q '^pgbarrier: kmod has no more memory for the heap: ' "$scratch/given" &&
    stat_above processes.0.pages_unsure 0
}

# forks_without_clones DESIGN - the children have copies, which are always dirty
forks_without_clones() {
  limited_to 64 64 runs_with "$1" kmod "$programs/forking" nested || return
  stat_above processes.1.pages_unsure 0
}

# left_out REASON COMMAND... - the program runs as by itself, and is told why
left_out() {
  why=$1
  shift
  "$@" > "$scratch/given" 2>&1 || { cat "$scratch/given"; return 1; }
  cat "$scratch/given"
  [ "$(grep -c '^pgbarrier' "$scratch/given")" -eq 1 ] && grep -q "$why" "$scratch/given"
}

for backend in kmod kmod-wp kmod-sync; do
  for design in A B; do
    check "$backend, design $design: children of fork" forks "$design" "$backend" plain
    check "$backend, design $design: and theirs" forks "$design" "$backend" nested
    check "$backend, design $design: fork beside threads" \
      forks "$design" "$backend" threads
    check "$backend, design $design: what is unmapped is given back" \
      runs_with "$design" "$backend" "$programs/unmapping"
  done
done
for design in A B; do
  check "design $design: a heap larger than the module allows" grows_beyond "$design"
  check "design $design: fork, where the module has no room for a clone" \
    forks_without_clones "$design"
done
mkdir -p /etc && echo 'nobody:x:65534:65534::/:/bin/sh' >> /etc/passwd
check 'no permission for the device' left_out 'join the group pgbarrier' \
  su -s /bin/sh nobody -c \
  "'$pgbarrier' run --backend=kmod -- '$programs/shadow' --mib=1 --operations=1000"
check 'no program has left memory behind' test "$("$pgbarrier" doctor --json |
  sed -n 's/^ *"used": \([0-9]*\).*/\1/p')" = 0
finish
