#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh CC CFLAGS LIBS BUILD - each of these faults makes libgc lose objects.
#
# Plants one fault after the other in a copy of the preload and runs those programs of
# BUILD/tests/gc under it that have to find damage.  Run by `make check-mutations`.

compiler=$1
flags="-std=gnu11 -O1 -g -pthread -D_GNU_SOURCE -fPIC -fvisibility=hidden $2"
libraries="$3 -lpthread"
top=$(cd "$(dirname "$0")/../.." && pwd) || exit
programs=$(cd "$4/tests/gc" && pwd) || exit
. "$top/tests/planting.sh"
unset GC_ENABLE_INCREMENTAL GC_DISABLE_INCREMENTAL GC_PAUSE_TIME_TARGET GC_USE_GETWRITEWATCH

object_of()
{
  echo "objects/$(echo "${1%.c}" | tr / -).o"
}

compile()
{
  $compiler $flags -Icopy/src -Icopy/include -Icopy/gc-integration/bdwgc -c "$1" \
    -o "$(object_of "$1")"
}

rebuild()
{
  compile "$1" &&
    $compiler $flags -shared -Wl,-z,initfirst -Wl,-z,nodelete -o preload.so objects/*.o \
      $libraries
}

prepare()
{
  mkdir "$work/objects" "$work/copy" && cd "$work" &&
    cp -R "$top/src" "$top/include" "$top/gc-integration" copy &&
    echo '#define PACKAGE_VERSION "0.0.0"' > copy/src/build-config.h || return
  for source in copy/src/*.c copy/src/os/*.c copy/src/backend/*.c $preload/*.c; do
    compile "$source" || return
  done
  rebuild "$source"
}

# finds DESIGN PROGRAM ARGS - does it find damage, or die of it?  1: it ends well; 2: it does
# not end, or not in a way that tells anything.
finds()
{
  design=$1 program=$2
  shift 2
  LD_PRELOAD=$work/preload.so PGBARRIER_DESIGN=$design timeout -s KILL 60 \
    "$programs/$program" "$@" > output 2> errors
  status=$?
  case $status in
  0) return 1 ;;
  1) grep -h -m 1 '^damage:' output errors > found || return 2 ;;
  134 | 139) echo "died with status $status" > found ;;
  *) return 2 ;;
  esac
  sed "s/^/#   $program: /" found | cut -c 1-80
}

# notices DESIGN PROGRAM ARGS - in one run of three: in libgc's table a page of a root may,
# by its address, share a bit with pages that a fault leaves out.
notices()
{
  finds "$@" || finds "$@" || finds "$@"
}

preload=copy/gc-integration/bdwgc
prepare || exit
expect_sound A arming hot
expect_sound B arming hot
expect_sound A arming reused
expect_sound A shadow
expect_sound B shadow
expect_sound A large
expect_sound B large
expect_sound A kinds
expect_sound B kinds
expect_sound A overflow
expect_sound B overflow

plant "heap: what is not armed is not reported" $preload/heap.c \
  's/each_hot(at, run, report_hot, to);/;/' A arming hot
plant "heap: the same, design B" $preload/heap.c \
  's/each_hot(at, run, report_hot, to);/;/' B arming hot
plant "heap: what a harvest finds is not passed on" $preload/heap.c \
  '/^static void note_and_report(/,/^}/ s/report(arg, start, end);/;/' B shadow
plant "arming: what has come into use is not found" $preload/arming.c \
  '/^static void survey_gap(/,/^}/ s/if (!is_heap(page))/if (used_end || !is_heap(page))/' \
  A shadow
plant "arming: pages are looked for only once" $preload/arming.c \
  '/^void arming_survey(/,/^}/ s/i < followed->count/& \&\& arming->hot.turn < 1/' A shadow
plant "arming: what was free, and is used again, is not looked for" $preload/arming.c \
  '/^static void survey_gap(/,/^}/ s/if (!is_heap(page))/if (arming->hot.turn > 8 || !is_heap(page))/' \
  A arming reused
plant "walk: left out whatever libgc has been told" $preload/walk.c \
  's/if (told || /if (/' A kinds
plant "walk: the same, design B" $preload/walk.c 's/if (told || /if (/' B kinds
plant "walk: left out where all is marked" $preload/walk.c \
  '/^static bool can_be_empty(/,/^}/ s/dirty_pages_marks_hold()/true/' B kinds
plant "soft-dirty: what libgc has been told is taken for nothing" $preload/soft_dirty.c \
  '/^static void note(/,/^}/ s/told = true/told = false/' A kinds
plant "manual dirty bits: the same" $preload/manual_vdb.c \
  '/^static void tell(/,/^}/ s/told = true/told = false/' B kinds
plant "soft-dirty: what precleaning tells is taken for nothing" $preload/soft_dirty.c \
  '/^void soft_dirty_preclean(/,/^}/ s/heap_preclean(note,/heap_preclean(note_step,/' A kinds
plant "manual dirty bits: the same, of precleaning" $preload/manual_vdb.c \
  '/^void manual_vdb_preclean(/,/^}/ s/heap_preclean(tell,/heap_preclean(tell_step,/' B kinds
plant "empty walk: libgc gets its list back too late" $preload/dirty_pages.c \
  '/^static void push_roots(/,/^}/ s/empty_walk_end();/;/' A overflow
plant "empty walk: the same, design B" $preload/dirty_pages.c \
  '/^static void push_roots(/,/^}/ s/empty_walk_end();/;/' B overflow
plant "empty walk: libgc gets another list back" $preload/empty_walk.c \
  '/^void empty_walk_end(/,/^}/ s/= walk->put_by;/= *(uintptr_t *)(walk->put_by + 8192);/' A shadow
plant "page marking: half of a run is not looked at" $preload/page_marking.c \
  's/{start, end - start}/{start, (end - start) \/ 16 * 8}/' A shadow
# As with a libgc that cannot be spared its walk, and marks from small objects itself.
PGBARRIER_WALK=full
export PGBARRIER_WALK
expect_sound A shadow
plant "soft-dirty: the last page of a run reads clean" $preload/soft_dirty.c \
  '/^static void note(/,/^}/ s/start, end);/start, end - 4096);/' A shadow
plant "dirty pages: what is kept is not marked from" $preload/page_marking.c \
  '/^void page_marking_push(/,/^}/ s/!object_kind_has_pointers/object_kind_has_pointers/' A large
plant "dirty pages: the same, design B" $preload/page_marking.c \
  '/^void page_marking_push(/,/^}/ s/!object_kind_has_pointers/object_kind_has_pointers/' B large
plant "dirty pages: the program's roots are not pushed" $preload/dirty_pages.c \
  '/^static void push_roots(/,/^}/ s/if (program)/if (!program)/' A large
# As on heaps of more than 1 GiB.
PGBARRIER_TEST_TABLE=0
export PGBARRIER_TEST_TABLE
expect_sound A shadow
plant "dirty pages: of small objects the last on a page is passed over" \
  $preload/page_marking.c \
  '/^static void push_small(/,/^}/ s/at + size <= page/at + 2 * size <= page/' A shadow
plant "dirty pages: a marker asks but once" $preload/dirty_pages.c \
  '/mark_page(uintptr_t/,/^}/ s/push_again(part, &stack);/;/' A shadow
plant "dirty pages: what precleaning has kept is forgotten" $preload/dirty_pages.c \
  '/^static void begin(/,/^}/ s/== NO_MORE/!= NO_MORE/' A shadow
PGBARRIER_PAUSE=1
export PGBARRIER_PAUSE
expect_sound A shadow
plant "dirty pages: what is added between stops is not marked from" $preload/dirty_pages.c \
  '/^static bool add_pages(/,/^}/ s/= find_more();/&\n\tAO_store(\&pages->next, NO_MORE);/' \
  A shadow
unset PGBARRIER_PAUSE
plant "dirty pages: what is hot is not kept" $preload/heap.c \
  's/each_hot(at, run, report_hot, to);/;/' A arming hot
unset PGBARRIER_TEST_TABLE PGBARRIER_WALK
PGBARRIER_PAUSE=1
export PGBARRIER_PAUSE
expect_sound A stopping past
expect_sound B stopping past
plant "events: what is asked for is abandoned as any other" $preload/events.c \
  '/^bool events_may_abandon(/,/^}/ s/ \&\& !asked_for//' A stopping past
plant "stop function: the program's is not asked" $preload/stop_function.c \
  '/^static int is_to_stop(/,/^}/ s/if (ask_program())/if (0)/' A stopping after
PGBARRIER_WALK=full
export PGBARRIER_WALK
plant "stop function: the program's number of tries is not heeded" $preload/stop_function.c \
  '/^static bool is_to_end_at_once(/,/^}/ s/settings_is_ours(SETTING_TRIES)/true/' \
  A stopping tries
unset PGBARRIER_PAUSE
# A libgc that is told of nothing does not take to soft-dirty bits: it tries them first.
plant "soft-dirty: bits are forgotten by a read" $preload/soft_dirty.c \
  '/^bool soft_dirty_read(/,/^}/ s/^\tfiles->position += (off_t)size;/&\n\tforget_found();/
   s/^static struct pgb_descriptor \*file_of_path/static void forget_found(void);\n\n&/' A shadow
plant "soft-dirty: what precleaning finds is thrown away" $preload/soft_dirty.c \
  '/^void soft_dirty_preclean(/,/^}/ s/heap_preclean(note/heap_preclean(NULL/' A shadow
plant "manual dirty bits: what precleaning finds is thrown away" $preload/manual_vdb.c \
  '/^void manual_vdb_preclean(/,/^}/ s/heap_preclean(tell/heap_preclean(NULL/' B shadow
plant "manual dirty bits: only the first block of a run is told" $preload/manual_vdb.c \
  '/^static void tell_step(/,/^}/ s/block < end; block += BLOCK/block == start; block++/' B shadow
finish
