# SPDX-License-Identifier: MIT
# lib.sh - TAP, and GC programs with and without the preload; sourced by the tests here.
#
# top_srcdir and top_builddir are set, as `make check` does.  A test calls `finish` last.

pgbarrier=$top_builddir/pgbarrier
programs=$top_builddir/tests/gc
data=$top_srcdir/tests/gc/data
all_suites='bookworm trixie sid'

# Seconds until a program counts as hung.
limit=60

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
stats=$scratch/stats.json

# What the machine sets for libgc must not decide what is tested.
unset GC_ENABLE_INCREMENTAL GC_DISABLE_INCREMENTAL GC_PAUSE_TIME_TARGET GC_USE_GETWRITEWATCH
for variable in $(env | sed -n 's/^\(PGBARRIER_[A-Z_]*\)=.*/\1/p'); do
  unset "$variable"
done

points=0

comment() {
  printf '# %s\n' "$*"
}

# comment_file FILE - all of it, as comments
comment_file() {
  sed -e 's/^/#   /' "$1"
}

ok() {
  points=$((points + 1))
  printf 'ok %d - %s\n' "$points" "$*"
}

not_ok() {
  points=$((points + 1))
  printf 'not ok %d - %s\n' "$points" "$*"
}

# skip NAME REASON
skip() {
  points=$((points + 1))
  printf 'ok %d - %s # SKIP %s\n' "$points" "$1" "$2"
}

# skip_all REASON - instead of a whole test
skip_all() {
  printf '1..0 # SKIP %s\n' "$1"
  exit 0
}

finish() {
  printf '1..%d\n' "$points"
}

# check NAME COMMAND... - one test point: COMMAND succeeds.  It says on standard output or
# standard error what is wrong.
check() {
  point=$1
  shift
  if "$@" > "$scratch/said" 2>&1; then
    ok "$point"
  else
    status=$?
    not_ok "$point"
    comment "status $status; it said:"
    comment_file "$scratch/said"
  fi
}

# suite_skipped SUITE - true, with the reason in $reason, if the suite's libgc is not here.
# "system" is what the machine has.
suite_skipped() {
  [ "$1" = system ] && return 1
  if [ -x "$top_builddir/suites/$1/lib/ld-linux-x86-64.so.2" ]; then
    return 1
  elif [ -s "$top_builddir/suites/$1/skipped" ]; then
    reason=$(head -n 1 "$top_builddir/suites/$1/skipped")
  else
    reason="$1 was not unpacked: run tests/suites/fetch in the build directory"
  fi
}

# limited COMMAND... - with an end, so that a hang is a failure that is explained
limited() {
  limited_status=0
  timeout -k 5 "$limit" "$@" || limited_status=$?
  case $limited_status in
  124 | 137) echo "$1: killed, or did not end within $limit seconds" >&2 ;;
  esac
  return "$limited_status"
}

# on SUITE "LAUNCHER" PROGRAM ARGS - PROGRAM with the suite's libgc, started by the words
# of LAUNCHER.  A PROGRAM without a slash is one of this directory.
on() {
  suite=$1
  launcher=$2
  program=$3
  shift 3
  case $program in
  */*) ;;
  *) program=$programs/$program ;;
  esac
  if [ "$suite" = system ]; then
    set -- "$program" "$@"
  else
    lib=$top_builddir/suites/$suite/lib
    set -- "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$program" "$@"
  fi
  # shellcheck disable=SC2086 # the launcher is words
  limited $launcher "$@"
}

# walking COMMAND... - as with a libgc that cannot be spared its walk over all blocks
walking() (
  PGBARRIER_WALK=full
  export PGBARRIER_WALK
  "$@"
)

# kept COMMAND... - the same, with what is done for heaps of more than 1 GiB, for any
kept() (
  PGBARRIER_TEST_TABLE=0
  export PGBARRIER_TEST_TABLE
  walking "$@"
)

# stock SUITE PROGRAM ARGS
stock() {
  stock_suite=$1
  shift
  on "$stock_suite" '' "$@"
}

# stock_incremental SUITE PROGRAM ARGS - by mprotect, also where the kernel has soft-dirty
stock_incremental() {
  stock_suite=$1
  shift
  on "$stock_suite" 'env GC_ENABLE_INCREMENTAL=1 GC_USE_GETWRITEWATCH=0' "$@"
}

# barrier SUITE "OPTIONS" PROGRAM ARGS - under `pgbarrier run OPTIONS`; it reports in $stats
barrier() {
  barrier_suite=$1
  barrier_options=$2
  shift 2
  rm -f "$stats"
  on "$barrier_suite" "$pgbarrier run --stats=$stats $barrier_options --" "$@"
}

# stat PATH - a value of the last report
stat() {
  "$programs/statget" "$stats" "$1"
}

# stat_is PATH VALUE
stat_is() {
  found=$(stat "$1") || return 1
  [ "$found" = "$2" ] && return
  echo "$1 is $found in the report, not $2" >&2
  return 1
}

# stat_above PATH NUMBER
stat_above() {
  found=$(stat "$1") || return 1
  [ "$found" -gt "$2" ] && return
  echo "$1 is $found in the report, not above $2" >&2
  return 1
}

# served DESIGN [BACKEND] - the program had that design, on the backend that is made for it
# or on this one
served() {
  stat_is processes.0.design "$1" && stat_is processes.0.backend "${2:-uffd-async}" &&
    stat_above processes.0.harvests 0
}
