#!/bin/sh
# SPDX-License-Identifier: MIT
# libgc.sh - no object is lost with anything that libgc can go by on this kernel: both ways
# of its own, and both designs on every backend.

. "$top_srcdir/tests/vm/kernel.sh"

# A guest is slow; one dirty page in a hundred that is withheld shows in this little.
work='--mib=4 --operations=30000 --threads=2'

# shadow LAUNCHER... - the checker, started by these words
shadow() {
  # shellcheck disable=SC2086 # options
  limited "$@" "$programs/shadow" $work
}

# given LAUNCHER... - likewise, its output in $scratch/shadow
given() {
  shadow "$@" > "$scratch/shadow" 2>&1
  status=$?
  cat "$scratch/shadow"
  return "$status"
}

# watched OPTIONS - under `pgbarrier run OPTIONS`, which reports in $stats
watched() {
  rm -f "$stats"
  given "$pgbarrier" run --stats="$stats" "$@" --
}

# served_by DESIGN BACKEND
served_by() {
  stat_is processes.0.design "$1" && stat_is processes.0.backend "$2" &&
    stat_above processes.0.harvests 0
}

# undamaged DESIGN BACKEND OPTIONS
undamaged() {
  expected_design=$1
  expected_backend=$2
  shift 2
  watched --design="$expected_design" "$@" &&
    served_by "$expected_design" "$expected_backend"
}

# notices_loss DESIGN BACKEND - a damaged heap is found to be so; a crash is no finding
notices_loss() {
  PGBARRIER_TEST_DROP=10
  export PGBARRIER_TEST_DROP
  watched --design="$1" --backend="$2"
  status=$?
  unset PGBARRIER_TEST_DROP
  [ "$status" -eq 1 ] && grep -q '^damage: object' "$scratch/shadow" && served_by "$1" "$2"
}

# left_out REASON OPTIONS - the program runs as if it had not been asked, and is told why
left_out() {
  why=$1
  shift
  watched "$@" || return
  stat_is processes.0.design none && stat_is processes.0.harvests 0 &&
    stat_is processes.0.sigsegv_handlers 0 || return
  [ "$(grep -c '^pgbarrier' "$scratch/shadow")" -eq 1 ] || return
  found=$(stat processes.0.reason)
  # The preload keeps the beginning of a long one.
  case $why in
  "${found:-none}"*) return ;;
  esac
  echo "the reason is '$found', not '$why'"
  return 1
}

# stock_way WAY HANDLERS VARIABLES... - libgc by itself, incremental.  That it damages a
# heap is no fault of ours (upstream knows: ivmai/bdwgc 544 and 553), but worth a line.
stock_way() {
  way=$1
  handlers=$2
  shift 2
  if given env GC_ENABLE_INCREMENTAL=1 "$@" > /dev/null; then
    ok "stock libgc by $way: no damage"
  else
    skip "stock libgc by $way: no damage" \
      "it fails by itself, status $status: $(tail -n 1 "$scratch/shadow")"
  fi
  rm -f "$stats"
  given env GC_ENABLE_INCREMENTAL=1 "$@" \
    "$pgbarrier" run --design=none --stats="$stats" -- > /dev/null
  check "stock libgc goes by $way" stat_is processes.0.sigsegv_handlers "$handlers"
}

check 'not incremental: no damage' given
stock_way soft-dirty 0
stock_way mprotect 1 GC_USE_GETWRITEWATCH=0

for design in A B; do
  first=
  for backend in $(backends); do
    what="design $design, $backend"
    if ! runs "$backend"; then
      check "$what: left out, and why" \
        left_out "$(reason_of "$backend")" --design="$design" --backend="$backend"
      continue
    fi
    check "$what: no damage" undamaged "$design" "$backend" --backend="$backend"
    [ -z "$first" ] || continue
    first=$backend
    check "$what, pauses of 5 ms: no damage" \
      undamaged "$design" "$backend" --backend="$backend" --pause=5
    check "$what, every 10th dirty page dropped: damage is noticed" \
      notices_loss "$design" "$backend"
  done
done

chosen=$(said chosen)
if takes_no_signals "$chosen"; then
  check "left to choose, $chosen is taken" undamaged A "$chosen"
else
  # None but with signals, and nobody asked for those: the reason is that of the best.
  check 'left to choose, the program is left out, and why' \
    left_out "$(reason_of uffd-async)" --design=A
fi
finish
