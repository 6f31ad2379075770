#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh CC CFLAGS LIBS - faults in the backends over the kernel module, and in what the
# preload makes of them, turn tests red that only a guest can run.
#
# As tests/conformance/mutations.sh, but each program is put over the one in the image, and run
# there.  Run by `make check-vm-mutations`, with the module as it is built for others.

top=$(cd "$top_srcdir" && pwd) && top_srcdir=$top && builddir=$(cd "$top_builddir" && pwd) || exit
place=vm/6.12
if ! [ -s "$place/vmlinuz" ] || ! [ -s "$place/modules.cpio" ]; then
  echo "1..0 # SKIP there is no guest with the module: run tests/vm/fetch, and see $place/kmod.log"
  exit
fi

. "$top/tests/planting-core.sh"
flags="$flags -fPIC -fvisibility=hidden"
# Whoever waits for ever ends by this.
PGB_TEST_WATCHDOG=${PGB_TEST_WATCHDOG:-30}
PGB_TEST_SCALE=1
export PGB_TEST_WATCHDOG

# The preload is made of the same copy, with its own sources in there.
prepare_preload()
{
  cp -R "$top/gc-integration/bdwgc" "$work/core/bdwgc" && mkdir "$work/preload" || return
  for source in bdwgc/*.c; do
    rebuild "$source" || return
  done
}

rebuild()
{
  case $1 in
  bdwgc/*) (flags="$flags -Ibdwgc" && compile "$1" "$work/preload/$(basename "$1" .c).o") ;;
  *) compile "$1" "$(object_of "$1")" ;;
  esac
}

# build TEST - what it consists of, where the guest has that, below $work/root.
build()
{
  case $1 in
  conformance/*)
    program=${1#*/}
    link "$program" && mkdir -p "$work/root/build/tests/conformance" &&
      strip -g -o "$work/root/build/tests/$1" "$work/$program"
    ;;
  *)
    mkdir -p "$work/root/build/.libs" &&
      $compiler $flags -shared -Wl,-z,initfirst -Wl,-z,nodelete -s \
        -o "$work/root/build/.libs/pgbarrier-bdwgc.so" "$work"/objects/*.o \
        "$work"/preload/*.o $libraries
    ;;
  esac
}

# notices TEST [BACKENDS] - does it have a point that fails?
notices()
{
  rm -rf "$work/root"
  build "$1" 2> "$work/errors" &&
    (cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet) > "$work/overlay" || {
    sed 's/^/# /' "$work/errors"
    return 2
  }
  (cd "$builddir" && top_builddir=. PGB_VM_OVERLAY=$work/overlay PGB_VM_TESTS=$1 \
    PGB_TEST_BACKENDS=${2:-kmod} sh "$top/tests/vm/linux-6.12.sh") > "$work/report" 2>&1
  # A guest that did not come to run it says nothing of it.
  grep -q "^# $1: [0-9]* s$" "$work/report" || {
    tail -n 20 "$work/report"
    return 2
  }
  grep "^not ok .*: $1: " "$work/report" > "$work/red"
  sed 's/^not ok [0-9]* - [^:]*:/#  /' "$work/red" | head -n 3
  [ -s "$work/red" ]
}

prepare && prepare_preload || exit

for program in alloc device ranges; do
  expect_sound "conformance/$program"
done
expect_sound vm/module-heap

plant "kmod: what there is no account of reads clean" backend/kmod.c \
  '/^static int harvest_in(/,/^}/ s/if (region && !err)/if (region)/' conformance/device
plant "kmod: memory is given out twice" backend/kmod.c \
  '/^static int alloc_locked(/,/^}/ s/pgb_pagebits_set_range(.*/;/' conformance/alloc
plant "kmod: what is given out again is not zeros" backend/kmod.c \
  '/^static void free_in(/,/^}/ s/^\t\tclear(.*/\t\t(void)clear;/' conformance/alloc
plant "kmod: what was just added reads clean" backend/kmod.c \
  '/^static int kmod_add(/,/^}/ s/pgb_pagebits_set_range(.*/(void)barrier, (void)start, (void)end;/' \
  conformance/ranges
plant "kmod: account is taken from a region that has the number now" os/kmod.c \
  '/^int pgb_kmod_harvest(/,/^}/ s/\.region = region/.region = 0/' conformance/device
plant "kmod: and its pages" os/kmod.c \
  '/^int pgb_kmod_discard(/,/^}/ s/\.region = region/.region = 0/' conformance/device
plant "kmod: and a copy for a child" os/kmod.c \
  '/^int pgb_kmod_clone_held(/,/^}/ s/\.region = region/.region = 0/' conformance/device
plant "kmod: it is not asked whose file is closed" backend/kmod_region.c \
  '/^static void close_file(/,/^}/ s/has_its_file(region)/pgb_descriptor_is_ours(\&region->file)/' \
  conformance/device
plant "kmod: handlers of signals run while memory is held" backend/kmod_fork.c \
  's/pthread_sigmask(SIG_BLOCK, &all, /pthread_sigmask(SIG_BLOCK, NULL, /' conformance/device
plant "kmod: a child that fork() did not make takes regions for its own" backend/kmod_fork.c \
  '/^void pgb_kmod_settle(/,/^}/ s/for_each_region(abandon);/(void)abandon;/' conformance/device
plant "kmod: memory is not held before its copy is made" os/kmod.c \
  's/\.flags = PGBARRIER_CLONE_HOLD/.flags = 0/' conformance/device
plant "kmod: a child has nothing where there is no clone" backend/kmod_region.c \
  '/^static void \*copy_of(/,/^}/ s/copy_run(/(void)copy_run, (void)(/' conformance/device
plant "kmod: a copy is discarded as if it were the module's" backend/kmod_region.c \
  '/^int pgb_kmod_region_discard(/,/^}/ s/region->is_plain/0 \& region->is_plain/' \
  conformance/device
plant "kmod: bits of pages that were not asked for are taken, too" backend/kmod_region.c \
  '/^static void take_bits(/,/^}/ s/word &= .*/;/' conformance/ranges
plant "preload: what libgc gives back keeps its content" bdwgc/hooks.c \
  '/^static int hook_madvise(/,/^}/ s/!serves || /!serves || advice || /' vm/module-heap

finish
