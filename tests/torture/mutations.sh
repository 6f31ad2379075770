#!/bin/sh
# SPDX-License-Identifier: MIT
# mutations.sh CC CFLAGS LIBS - each of these faults turns the torture tests red.
#
# As tests/conformance/mutations.sh; the last ones are for the fuzzers, where clang is.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit
. "$top/tests/planting-core.sh"
PGB_TEST_SCALE=100
PGB_SOAK_SECONDS=10
PGB_SOAK_SEED=1
export PGB_SOAK_SECONDS PGB_SOAK_SEED
patience=120

prepare || exit

expect_sound 'limits debuggers' 'uffd-async uffd-sigbus mprotect'

plant "descriptor: in doubt it is given up" os/descriptor.c \
  '/^bool pgb_descriptor_is_lost(/,/^}/ s/== 0/<= 0/' injection uffd-async
plant "uffd: what cannot be unregistered and is given up stays armed" backend/uffd.c \
  's/err = pgb_uffd_unprotect(fd, page, page + size);/err = -ENOENT;/' injection uffd-sigbus
plant "uffd-async: a scan that failed is not noticed" backend/uffd_async.c \
  '/^static int take(/,/^}/ s/return filled;/return 0;/' injection uffd-async
plant "pagemap: a scan that ended early is taken for the end" os/pagemap.c \
  's/\*start = (size_t)filled < scan.vec_len/*start = (size_t)filled < count/' injection \
  uffd-async
plant "uffd-wp: a scan that failed found nothing" backend/uffd_wp.c \
  's/return found < 0 ? find_by_reading(wp, start, end) : found;/return found < 0 ? (*start = end, 0) : found;/' \
  injection uffd-sigbus
plant "mprotect: too many mappings are not mentioned" backend/mprotect.c \
  '/^static int take_refusal(/,/^}/ s/return refusal;/return 0;/' limits mprotect
plant "mprotect: with too many mappings the program ends" backend/mprotect.c \
  's/^\t\terr = unprotect_surroundings(.*/\t\t(void)unprotect_surroundings;/' limits mprotect
plant "mprotect: a harvest that failed has nothing left to report" backend/mprotect.c \
  '/^static int mprotect_harvest(/,/^}/ s/^\t\tpgb_pagebits_set_range(.*/\t\t;/' injection \
  mprotect
plant "barrier: a range that could not be added is published" barrier.c \
  '/^static int add_locked(/,/^}/ { s/^\tif (err)$/\tif (0)/ }' injection mprotect
plant "harvest: a failure in a child is not counted" harvest.c \
  '/^static int harvest_window(/,/^}/ s/^\tif (err)$/\tif (err \&\& !alive)/' injection uffd-async
plant "barrier: fork is not noticed" barrier.c \
  's/pgb_memory_map_wiped_on_fork(/pgb_memory_map(/' crowds uffd-async
plant "range: the second half of a range that is cut gets lost" range.c \
  '/^struct pgb_range_table \*pgb_range_table_without(/,/^}/ s/append(new, after);/;/' \
  soak uffd-async
plant "pins: what is pinned is not reported" sink.c \
  's/(pin->pins || AO_load(&pin->due))/0/' debuggers mprotect
plant "barrier: removing does not wait for a harvest" barrier.c \
  's/^\tpgb_outlast_harvest(barrier);/\t(void)pgb_outlast_harvest;/' soak mprotect

# Here a fuzzer is built from all of the copy.
rebuild()
{
  :
}

# notices FUZZER - does it find something?
notices()
{
  clang $flags -fsanitize=fuzzer,address -I. -Iinclude -I"$top/tests/conformance" \
    -o "$work/$1" "$top/tests/fuzz/$1.c" *.c os/*.c backend/*.c \
    "$top/tests/conformance/harness.c" "$top/tests/conformance/model.c" \
    "$top/tests/conformance/watch.c" $libraries 2> "$work/errors" || return 2
  mkdir -p "$work/learnt"
  ! (cd "$work" && "./$1" -seed=1 -max_total_time=20 -max_len=400 -len_control=0 \
    -dict="$top/tests/fuzz/config.dict" learnt "$top/tests/fuzz/corpus/$1") \
    > "$work/output" 2>&1
}

if command -v clang > /dev/null; then
  plant "config: numbers are as large as they like" config.c \
    's/if (value > setting->maximum)/if (0)/' config
  plant "config: one complaint is not counted" config.c \
    '/^static int reconcile(/,/^}/ s/return 1;/return 0;/' config
  plant "range: the second half of a range that is cut gets lost" range.c \
    '/^struct pgb_range_table \*pgb_range_table_without(/,/^}/ s/append(new, after);/;/' calls
  plant "harvest: a pin that was taken back is settled by part of it" harvest.c \
    's/ && start <= pin->start && pin->end <= end)/)/' calls
else
  echo "# there is no clang here to build the fuzzers with"
fi

finish
