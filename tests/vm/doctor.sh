#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor.sh - `pgbarrier doctor` tells Debian's kernels from each other.

. "$top_srcdir/tests/vm/kernel.sh"

said_is() {
  found=$(said "$1") || return
  [ "$found" = "$2" ] && return
  echo "$1 is '$found', not '$2'"
  return 1
}

# must_run BACKEND
must_run() {
  runs "$1" && return
  reason_of "$1"
  return 1
}

# must_not_run BACKEND WORDS - the reason has them
must_not_run() {
  reason=$(reason_of "$1")
  case $reason in
  *"$2"*) return ;;
  esac
  echo "the reason: $reason"
  return 1
}

# is_first - what is chosen is the first that is taken unasked and can run
is_first() {
  for backend in $(backends); do
    [ "$(said "backends.$(index_of "$backend").automatic")" = true ] || continue
    runs "$backend" && said_is chosen "$backend" && return
    runs "$backend" && return 1
  done
  echo 'there is none'
  return 1
}

check 'the kernel' said_is host.release "$(uname -r)"
# All of Debian's for x86-64 have it; stock libgc goes by it.
check 'soft-dirty bits' said_is host.soft_dirty true
check 'libgc goes by them' said_is host.stock_baseline soft-dirty
if since 6 9; then
  check 'uffd-async can run' must_run uffd-async
else
  check 'uffd-async cannot run, and why' must_not_run uffd-async 'before Linux 6.9'
fi
# The others are older than any of these kernels, but for those of the module.
for backend in $(backends); do
  case $backend in
  uffd-async) ;;
  kmod*)
    if [ -e /dev/pgbarrier ]; then
      check "$backend can run" must_run "$backend"
    else
      check "$backend cannot run, and why" must_not_run "$backend" 'is not loaded'
    fi
    ;;
  *) check "$backend can run" must_run "$backend" ;;
  esac
done
if [ -e /dev/pgbarrier ]; then
  check 'the module can be used' said_is host.module.usable true
  check 'its version' said_is host.module.version "$(cat /sys/module/pgbarrier/version)"
  check 'its modes' said_is host.module.modes.2 sync
  check 'nothing is in use' said_is host.module.used 0
  check 'a limit' test "$(said host.module.max_user)" -gt 0
fi
check 'the first that can run is chosen' is_first
finish
