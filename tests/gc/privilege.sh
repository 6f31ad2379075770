#!/bin/sh
# SPDX-License-Identifier: MIT
# privilege.sh - with few rights the barrier works if it can, or is left out and says so.

. "$top_srcdir/tests/gc/lib.sh"

nobody=65534

# Others cannot read the build directory of somebody's home: what they run is copied.
share() {
  shared=$scratch/shared
  mkdir -p "$shared/.libs" "$shared/gc" || return
  cp "$pgbarrier" "$shared/" && cp "$top_builddir/.libs/pgbarrier-bdwgc.so" "$shared/.libs/" &&
    cp "$programs/shadow" "$programs/deny" "$shared/gc/" && chmod -R a+rX "$shared" &&
    chmod 711 "$scratch" && chmod 777 "$shared" || return
  pgbarrier=$shared/pgbarrier
  stats=$shared/stats.json
  shadow=$shared/gc/shadow
  deny=$shared/gc/deny
}

# run DESIGN LAUNCHER... - the mutator; it finds no damage, whoever serves it
run() {
  wanted=$1
  shift
  rm -f "$stats"
  limited "$@" "$pgbarrier" run --stats="$stats" --design="$wanted" -- "$shadow" \
    --operations=300000 2> "$scratch/errors"
  status=$?
  cat "$scratch/errors" >&2
  return "$status"
}

is_served() {
  run "$@" && served "$1" && [ ! -s "$scratch/errors" ]
}

# The collector does what stock does, without its incremental mode, and one line says why.
is_left_out() {
  run "$@" || return
  stat_is processes.0.design none && stat_is processes.0.harvests 0 &&
    stat_is processes.0.sigsegv_handlers 0 && stat processes.0.reason || return
  [ -n "$(stat processes.0.reason)" ] || return
  [ "$(grep -c . "$scratch/errors")" -eq 1 ] && grep -q '^pgbarrier' "$scratch/errors" && return
  echo 'not one line that says so'
  return 1
}

is_undamaged() {
  run "$@"
}

# few_descriptors DESIGN COUNT - the program may have so many; it must not end up with the
# write faults of stock incremental collection, which nobody asked for.
few_descriptors() {
  rm -f "$stats"
  limited "$pgbarrier" run --stats="$stats" --design="$1" -- \
    sh -c "ulimit -n $2; exec \"\$0\" --operations=300000" "$shadow" || return
  stat_is processes.0.sigsegv_handlers 0 && stat_is processes.0.signals 0
}

# Run as somebody without rights; we may be that already.
if [ "$(id -u)" -eq 0 ]; then
  unprivileged="setpriv --reuid=$nobody --regid=$nobody --clear-groups --inh-caps=-all"
else
  unprivileged='env'
fi

share || skip_all 'the programs cannot be copied to where others may run them'
if ! $unprivileged test -x "$shadow"; then
  skip_all "$scratch cannot be reached without privilege: TMPDIR must be a public directory"
fi

# shellcheck disable=SC2086 # the launcher is words
for design in A B; do
  what="design $design"

  if [ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" = 0 ]; then
    check "$what: served without privilege, vm.unprivileged_userfaultfd=0" \
      is_served "$design" $unprivileged
  else
    skip "$what: served without privilege, vm.unprivileged_userfaultfd=0" \
      'vm.unprivileged_userfaultfd is not 0 here'
  fi

  if [ -r /dev/userfaultfd ] && [ -w /dev/userfaultfd ]; then
    check "$what: userfaultfd refused, served through /dev/userfaultfd" \
      is_served "$design" "$deny" userfaultfd --
  else
    skip "$what: userfaultfd refused, served through /dev/userfaultfd" \
      '/dev/userfaultfd is not there, or may not be opened by this user'
  fi

  if $unprivileged test -r /dev/userfaultfd; then
    skip "$what: userfaultfd refused without privilege: left out" \
      '/dev/userfaultfd may be opened by everybody here'
  else
    check "$what: userfaultfd refused without privilege: left out" \
      is_left_out "$design" $unprivileged "$deny" userfaultfd --
  fi

  check "$what: PAGEMAP_SCAN refused: no damage" is_undamaged "$design" "$deny" pagemap-scan --
  check "$what: both refused, without privilege: no damage" \
    is_undamaged "$design" $unprivileged "$deny" userfaultfd pagemap-scan --
  for count in 5 6 7 8; do
    check "$what: $count descriptors" few_descriptors "$design" "$count"
  done
done
finish
