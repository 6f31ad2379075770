#!/bin/sh
# SPDX-License-Identifier: MIT
# debug-tools.sh - what watches the kernel of linux-debug.sh sees a mistake in the module.
#
# Each in a guest of its own: after the first mistake, lockdep watches no more.

. "$top_srcdir/tests/gc/lib.sh"
. "$top_srcdir/tests/vm/reported.sh"

# As in src/kmod/planted.h.
leak=64
use_after_free=128
lock_inversion=256

# guest FAULT FILE - use the module while this is planted in it; the report goes to FILE
guest() {
  PGB_VM_MODULE="pgbarrier-planted test_fault=$1" PGB_VM_TESTS=kmod/counts \
    PGB_TEST_CASES='*as many faults*' \
    "${SHELL:-sh}" "$top_srcdir/tests/vm/linux-debug.sh" > "$2" 2>&1
}

log="no warning in the kernel's log"

[ -s "$top_builddir/vm/debug/vmlinuz" ] ||
  skip_all 'no kernel: run tests/vm/debug-kernel in the build directory'

guest "$leak" "$scratch/leak" &
guest "$use_after_free" "$scratch/use"
guest "$lock_inversion" "$scratch/lock"
wait
check 'a leak is a failure' fails_as "$scratch/leak" \
  'module/unload: it has kept no memory' 'module/unload: nothing was leaked'
check 'kmemleak says what leaked' says "$scratch/leak" '^# unreferenced object'
check 'a use of freed memory is a failure' fails_as "$scratch/use" "$log"
check 'KASAN says where' says "$scratch/use" '^# .*BUG: KASAN: .*use-after-free in .*pgb'
check 'a lock inversion is a failure' fails_as "$scratch/lock" "$log"
check 'lockdep says so' says "$scratch/lock" '^# .*possible circular locking dependency'
finish
