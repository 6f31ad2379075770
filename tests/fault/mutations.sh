#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh CC CFLAGS LIBS - each of these faults turns the tests of fault channels red.
#
# As tests/conformance/mutations.sh.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit
. "$top/tests/planting-core.sh"
PGB_TEST_SCALE=5
suites=fault
patience=10

prepare || exit

expect_sound 'calls failures kinds lives move protect'

plant "ack: who waits on pages of a failed answer is not woken" fault/ack.c \
  's/^\tpgb_uffd_wake(channel->uffd.fd.*/\t;/' lives
plant "ack: what is there ends an answer for many pages" fault/ack.c \
  's/^\t\t\tdone = (ssize_t)page;/\t\t\treturn result;/' kinds
plant "ack: a failure ends the batch" fault/ack.c \
  's/^\t\tif (!first && acks\[i\].result != -EEXIST)/&\n\t\t\treturn acks[i].result;\n\t\tif (0)/' calls
plant "ack: a duplicate is a failure" fault/ack.c \
  's/ && acks\[i\].result != -EEXIST)/)/' kinds
plant "ack: what may pass is not tried again" fault/ack.c \
  's/done == -EAGAIN && attempts++ < ATTEMPTS/0/' failures
plant "ack: an answer ends at the border of a mapping" fault/ack.c \
  's/done == -ENOENT && until - start > page/0/' kinds
plant "ack: what is shared with a child is not moved" fault/ack.c \
  's/done != -EBUSY && //' move
plant "ack: a page in the way is not taken away to be poisoned" fault/ack.c \
  's/done == -EEXIST && !channel->attached/0/' kinds
plant "relocate: a hole of the channel is read" fault/relocate.c \
  's/return err || entry & .*/return true;/' move
plant "relocate: what was there before is not discarded" fault/relocate.c \
  's/^\t\terr = make_hole(to);/\t\terr = 0;/' move
plant "relocate: the source of a copy keeps its content" fault/relocate.c \
  's/^\terr = pgb_memory_discard(from, from + page);/\terr = 0;/' move
plant "relocate: who waits where a hole arrives is not woken" fault/relocate.c \
  's/^\tpgb_uffd_wake(.*/\t;/' move
plant "channel: fork is not noticed" fault/channel.c \
  's/pgb_memory_map_wiped_on_fork(/pgb_memory_map(/' lives
plant "channel: a child takes the parent's ranges out" fault/channel.c \
  's/^\tif (!pgb_channel_check(channel))$/\tif (!channel->transient->alive \&\& pgb_fault_repost(channel))\n\t\t__builtin_trap();\n\tif (1)/' lives
plant "channel: closing leaves ranges in" fault/channel.c \
  's/^\t\tpgb_channel_release_ranges(channel);/\t\t;/' lives
plant "ranges: who is stopped in unmapped memory is not woken" fault/ranges.c \
  's/^\tpgb_uffd_wake(channel->uffd.fd, start, end);/\t;/' lives
plant "ranges: a range with foreign memory in it stays" fault/ranges.c \
  's/^\t\tpgb_vmas_visit(start, end, unregister_vma, channel);/\t\t(void)unregister_vma;/' lives
plant "ranges: private memory loses its content" fault/ranges.c \
  's/return !err && !all ? -EINVAL : err;/return err;/' calls
plant "ranges: ranges may overlap" fault/ranges.c \
  's/return -EEXIST;/;/' calls
plant "channel: descriptors are leaked" fault/channel.c \
  's/^\tpgb_descriptor_close(&channel->uffd);/\t;/' 'calls lives'
plant "ranges: memory is published that was not registered" fault/ranges.c \
  '/^static int add_locked(/,/^}/ s/^\tif (err) {/\tif (0) {/' calls
plant "read: a write is taken for another fault" fault/read.c \
  's/UFFD_PAGEFAULT_FLAG_WP/UFFD_PAGEFAULT_FLAG_MINOR/' kinds
plant "read: one at a time is read, and the others are lost" fault/read.c \
  's/^\t\tfilled++;/\t\tfilled = 1;/' calls
plant "read: repost wakes nobody" fault/read.c \
  's/err = pgb_uffd_wake_all(.*/err = 0;/' lives
plant "uffd_resolve: repost wakes a part of the address space" os/uffd_resolve.c \
  's/int bits = 57/int bits = 40/' lives
plant "uffd_resolve: anything may be attached" os/uffd_resolve.c \
  '/^int pgb_uffd_check(/,/^}/ s/return -EINVAL;/return 0;/' calls
plant "protect: neighbours are not joined" fault/protect.c \
  's/pgb_pagebits_next_run(gathered, &start, end, &run_end); start = run_end/pgb_pagebits_next_run(gathered, \&start, end, \&run_end) \&\& (run_end = start + pgb_page_size()); start = run_end/' protect
plant "protect: a run ends at the border of a mapping" fault/protect.c \
  's/err == -ENOENT && until - start > page/0/' protect
plant "protect: pages are left behind for the next" fault/protect.c \
  's/^\t\tpgb_pagebits_clear_range(.*/\t\t;/' protect
plant "protect: pages are not looked up before they are protected" fault/protect.c \
  's/^\t\t\treturn -ENOENT;/\t\t\t;/' protect
plant "protect: calls do not exclude each other" fault/protect.c \
  's/return -EBUSY;/;/' protect
plant "protect: the first failure ends the call" fault/protect.c \
  's/^\t\t\terr = pgb_channel_failed(channel, failed);/\t\t\treturn pgb_channel_failed(channel, failed);/' failures
plant "protect: holes are not filled before 6.4" fault/protect.c \
  's/channel->marks_holes ? 0 : fill_holes(.*/0; (void)fill_holes;/' protect

finish
