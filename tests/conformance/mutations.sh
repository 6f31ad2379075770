#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh CC CFLAGS LIBS - each of these faults turns the conformance suite red.
#
# Plants one fault after the other in a copy of the core and runs those programs of the
# suite that have to notice.  Run by `make check-mutations`.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit
. "$top/tests/planting-core.sh"

prepare || exit

expect_sound 'alloc calls descriptors dma exactness fork move random pins quiet ranges remap signals
  verify writers'

plant "mprotect: the handler lets writes pass unnoted" backend/mprotect.c \
  '/^static bool resolve(/,/^}/ { /pgb_pagebits_set(/d }' exactness mprotect
plant "mprotect: a harvest does not protect again" backend/mprotect.c \
  's/err = protect(first, last, PROT_READ);/err = 0;/' exactness mprotect
plant "mprotect: only the first run is protected again" backend/mprotect.c \
  '/^static void narrow_to_harvested(/,/^}/ s/while (pgb_pagebits_next_run(.*/while (0);/' exactness mprotect
plant "mprotect: a harvest does not know of the handlers that run" backend/mprotect.c \
  '/^\tadd_in_flight(/ s/.*/\t(void)add_in_flight;/
   /pgb_pagebits_set(&p->dirty, page);$/ { N; s/.*\n\tland(/\tland(/ }' \
  'writers writers writers writers' mprotect
plant "mprotect: what is added again stays armed" backend/mprotect.c \
  '/^static void unprotect_watched(/,/^}/ s/unprotect(p, start, run_end);/(void)unprotect;/' \
  kernel mprotect
plant "trap: a fault that comes too late is not tried again" backend/trap.c \
  '/^static bool may_try_again(/,/^}/ s/return true;/return false;/' \
  signals mprotect
plant "mprotect: removed memory stays protected" backend/mprotect.c \
  '/^static void mprotect_remove(/,/^}/ s/PROT_READ | PROT_WRITE/PROT_READ/' ranges mprotect
plant "trap: the program's handler is forgotten" backend/trap.c \
  's/^\t\tbelow->sa_sigaction(.*/\t\t;/' signals mprotect
plant "uffd-async: a failed scan reads clean" backend/uffd_async.c \
  '/^static int uffd_async_harvest(/,/^}/ s/pgb_sink_report_unsure(.*/(void)sink;/' \
  remap uffd-async
plant "uffd-async: what failed once is not registered again" backend/uffd_async.c \
  's/^\t\trearm(barrier, start, end);/\t\t(void)rearm;/' remap uffd-async
plant "uffd: watched anew, pages stay armed" backend/uffd.c \
  '/^int pgb_uffd_watch(/,/^}/ s/if (!pgb_uffd_unprotect(.*/if (1)/' ranges uffd-async
plant "uffd-async: a child keeps its parent's descriptors" backend/uffd_async.c \
  '/^static int uffd_async_forked_child(/,/^}/ { /pgb_uffd_release/d; s/return acquire.*/(void)barrier; return 0;/ }' \
  fork uffd-async
# With a moment for somebody to write in.
plant "uffd-wp: what is clean between two runs is protected too" backend/uffd_wp.c \
  '/^static int take(/,/^}/ {
     s/protect(wp, run, run_end)/protect(wp, wp->region[0].start, wp->region[found - 1].end)/
     s/^\tfor (int i = 0;.*/\textern int usleep(unsigned);\n\n\tusleep(50);\n&/
   }' 'writers writers' uffd-sigbus
plant "uffd-wp: dirty pages are not protected again" backend/uffd_wp.c \
  's/err = protect(wp, run, run_end);/err = 0;/' exactness uffd-sync
plant "uffd-wp: only the first regions of a scan are taken" backend/uffd_wp.c \
  '/^static int harvest_piece(/,/^}/ s/\*start = next;/*start = end;/' exactness uffd-sigbus
plant "uffd-sigbus: a child asks its parent's page tables" backend/uffd_sigbus.c \
  '/^static int uffd_sigbus_forked_child(/,/^}/ { /pgb_uffd_release/d; s/return acquire.*/(void)barrier; return 0;/ }' \
  fork uffd-sigbus
PGB_TEST_LACKS=PAGEMAP_SCAN
export PGB_TEST_LACKS
plant "uffd-wp: by reading, the last page of a run is left out" backend/uffd_wp.c \
  's/\.end = page + size;/.end = page + size * !found;/' exactness uffd-sync
plant "uffd-wp: by reading, runs are joined across what is clean" backend/uffd_wp.c \
  's/if (!found || wp->region\[found - 1\].end != page)/if (!found)/' exactness uffd-sync
plant "uffd-wp: by reading, the end of the entries is taken for that of the range" \
  backend/uffd_wp.c '/^static int find_by_reading(/,/^}/ s/\*start = stop;/*start = end;/' \
  exactness uffd-sync
unset PGB_TEST_LACKS
plant "uffd-sigbus: faults of others are let go too" backend/uffd_sigbus.c \
  's/if (!pgb_pagebits_test(&barrier->watched, page))/if (0)/' signals uffd-sigbus
plant "uffd-sigbus: what was mapped anew is taken for the program's" backend/uffd_sigbus.c \
  's/if (err == -ENOENT)/if (0)/' 'remap remap remap remap' uffd-sigbus
plant "uffd-sigbus: without its descriptor it lets nothing go" backend/uffd_sigbus.c \
  '/^static int let_go_without_descriptor(/,/^}/ s/pgb_uffd_wp_let_go(.*)/-EBADF/' \
  descriptors uffd-sigbus
plant "uffd-sync: who waits at memory that is gone is not woken" backend/uffd_sync.c \
  's/^\tpgb_reader_wake(.*/\t;/' 'remap remap' uffd-sync
plant "uffd-sync: the reader leaves memory registered" backend/uffd_sync.c \
  '/^static PGB_THREAD_CODE void give_up(/,/^}/ s/table && i < table->count/table \&\& i < 0 * table->count/' \
  descriptors uffd-sync
plant "uffd-sync: the reader polls" backend/uffd_sync.c \
  's/int err = pgb_uffd_set_blocking(fd);/int err = 0;/; s/if (count == -EAGAIN)/if (0)/' \
  quiet uffd-sync
plant "uffd-sync: the reader shares the program's descriptors" os/thread.c \
  's/CLONE_VM | CLONE_FS/CLONE_VM | CLONE_FILES | CLONE_FS/' thread
plant "trap: a handler that was covered stays so" backend/trap.c \
  '/^int pgb_trap_uncover(/,/^}/ s/if (is_on_top(chain))/if (1)/' signals mprotect
plant "pagemap: unregistered memory is passed over in silence" os/pagemap.c \
  's/PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC/PM_SCAN_WP_MATCHING/' remap uffd-async
plant "pagemap: pages are read, but not armed" os/pagemap.c \
  's/PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC/PM_SCAN_CHECK_WPASYNC/' os uffd-async
plant "pagemap: to look arms what is found" os/pagemap.c \
  '/^int pgb_pagemap_find_written(/,/^}/ s/(pagemap, 0,/(pagemap, PM_SCAN_WP_MATCHING,/' os
plant "pagemap: a full buffer is taken for the end" os/pagemap.c \
  's/(size_t)filled < scan.vec_len/(size_t)filled <= scan.vec_len/' exactness uffd-async
plant "descriptor: closed whoever owns the number now" os/descriptor.c \
  '/^void pgb_descriptor_close(/,/^}/ s/if (pgb_descriptor_is_ours(descriptor))/if (descriptor->fd >= 0)/' \
  descriptors uffd-async
plant "barrier: fork is not noticed" barrier.c \
  's/pgb_memory_map_wiped_on_fork(/pgb_memory_map(/' fork
plant "life: ranges are not added again after fork" life.c \
  '/^static int revive(/,/^}/ s/i < table->count/i < 0 * table->count/' fork uffd-async
plant "harvest: harvests do not exclude each other" harvest.c \
  '/^static int harvest(/,/^}/ s/return -EBUSY;/;/' calls
plant "barrier: what is watched already has a new table" barrier.c \
  '/^static int add_locked(/,/^}/ s/is_watched = .*/is_watched = false;/' ranges
plant "barrier: memory of others is given back" barrier.c \
  '/^static int free_locked(/,/^}/ s/if (!pgb_range_table_contains(.*/if (!old)/' alloc mprotect
plant "barrier: what was given back stays watched" barrier.c \
  '/^static int free_locked(/,/^}/ s/err = remove_locked(.*/err = 0;/' alloc
plant "barrier: what was given is not taken back" barrier.c \
  '/^static void give_memory_back(/,/^}/ s/pgb_memory_unmap(.*/(void)start, (void)end;/' alloc
plant "barrier: what was discarded keeps its content" barrier.c \
  '/^static int discard(/,/^}/ s/: pgb_memory_discard(start, end)/: 0/' alloc
plant "barrier: what is unpinned is not due once more" barrier.c \
  's/AO_store_full(&pin->due, PGB_PIN_DUE);/;/' pins
plant "harvest: a partial harvest harvests all of each range" harvest.c \
  '/^static int harvest_tables(/,/^}/ s/range\[i\], start, end)/range[i], start, UINTPTR_MAX)/' \
  ranges
plant "harvest: what is hot is not reported" harvest.c \
  '/^static int harvest_cold(/,/^}/ s/pgb_sink_report(.*/;/' policy uffd-async
plant "weigh: faults are tried where they end the process" weigh.c \
  '/^static bool may_fault(/,/^}/ s/if (.*NO_SIGNALS)/if (1)/' policy 'mprotect uffd-sigbus'
plant "hot: what was hot stays so" hot.c \
  '/^bool pgb_hot_begin_cycle(/,/^}/ s/i < watched->count/i < 0 * watched->count/' \
  policy uffd-async
plant "hot: a chunk is hot with its first dirty page" hot.c \
  's/hot->dirty >= hot->limit.nearly_all/hot->dirty/' policy uffd-async
plant "hot: a chunk that was forgotten is hot" hot.c \
  '/^void pgb_hot_forget(/,/^}/ s/(struct heat){0}/(struct heat){.times = HOT}/' \
  policy uffd-async
plant "harvest: it allocates" harvest.c \
  's/^\tint alive = pgb_life_ensure(barrier);/\tvoid *volatile memory = __builtin_malloc(1);\n&\n\t__builtin_free(memory);/' quiet
plant "harvest: it prints" harvest.c \
  's/^\tint alive = pgb_life_ensure(barrier);/&\n\t__builtin_printf("harvest\\n");/' quiet
plant "harvest: the oracle does not ask twice" harvest.c \
  '/^static int verify_tables(/,/^}/ s/failed = harvest_suspects(.*/(void)harvest_suspects, failed = 0;/' \
  verify
plant "harvest: the oracle asks again by the pins of before" harvest.c \
  '/^static int harvest_suspects(/,/^}/ s/sink->pins = //' dma uffd-async
plant "verify: nothing is compared" verify.c \
  '/^static void compare_page(/,/^}/ s/if (sum == \*known ||/if (known ||/' verify
plant "verify: what is reported keeps its old sum" verify.c \
  '/^void pgb_verify_give(/,/^}/ s/read_pages(verify, run, run_end, take_sum);/(void)take_sum;/' \
  verify
plant "verify: what is not reported is compared no more" verify.c \
  's/^\t\tpgb_pagebits_set(&verify->suspect, page);/\t\t*known = sum;/' verify
plant "verify: removed memory keeps its sums" verify.c \
  '/^void pgb_verify_forget(/,/^}/ s/\*known = NEVER_GIVEN;/;/' verify
plant "verify: discarded memory is taken for a loss" verify.c \
  's/ || sum == verify->sum_of_zeros)/)/' verify mprotect
plant "verify: a page that cannot be read is taken for a loss" verify.c \
  's/if (sum == UNREADABLE || \*known == UNREADABLE || /if (/' verify uffd-async
plant "sink: runs end a page too early" sink.c \
  's/sink->visit(sink->arg, start, end);/sink->visit(sink->arg, start, end - (1ul << sink->page_shift));/' \
  exactness
plant "sink: runs end a page too late" sink.c \
  's/sink->visit(sink->arg, start, end);/sink->visit(sink->arg, start, end + (1ul << sink->page_shift));/' \
  exactness
plant "sink: touching runs are not joined" sink.c \
  's/if (start > sink->run_end)/if (start >= sink->run_end)/' 'exactness pins ranges'
plant "sink: pins are ignored" sink.c \
  's/(pin->pins || AO_load(&pin->due))/0/' pins
plant "range: neighbours stay apart" range.c \
  's/table->range\[i\].start <= end/table->range[i].start < end/' ranges
plant "pagebits: the last bit of a range is left out" pagebits.c \
  's/mask &= ~(AO_t)0 >> (\*next - end);/mask \&= ~(AO_t)0 >> (*next - end) >> 1;/' \
  exactness mprotect
plant "uffd-async: what is in the way of a move is left there" os/uffd_resolve.c \
  '/^ssize_t pgb_uffd_replace(/,/^}/ s/err = pgb_memory_discard(.*/err = 0;/' move uffd-async
plant "uffd-async: armed holes are not moved" os/uffd_resolve.c \
  's/^\tpgb_uffd_unprotect(uffd, from.*/\t;/' move uffd-async
plant "move: what cannot be moved is passed over" move.c \
  's/copied = mover->copy(.*/copied = (ssize_t)page; (void)(/' move uffd-async
plant "move: one page that cannot be moved has all of them copied" move.c \
  's/^\t\t\tstep = page;$/\t\t\tmoved = -EOPNOTSUPP;/; s/^\t\t\tcontinue;$/;/' move uffd-async
plant "move: the source of a copy keeps its content" move.c \
  's|if (discard(arg, from, from + length))|(void)discard, (void)arg;\n\tif (0)|' move
plant "move: nobody hears that the source was discarded" move.c \
  's/^\ttouch(from, from + length);/\t;/; s/^\t\ttouch(from, from + length);/\t\t;/' move mprotect
plant "move: memory that ends is not looked for" move.c \
  '/^static size_t readable(/,/^}/ s/!pgb_memory_can_populate()/1/' move mprotect

finish
