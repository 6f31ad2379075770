#!/bin/sh
# SPDX-License-Identifier: MIT
# off-cost.sh - instructions that the preload costs while incremental collection is off.

set -u

usage()
{
  cat <<'END'
Usage: off-cost.sh [BUILD_DIR]

Count the instructions of a program that collects garbage with and without the preload
in --mode=off, under callgrind.  The program is run in two sizes: the difference between
them is what collecting costs, the rest is what starting costs once.  BUILD_DIR (default:
the current directory) is where pgbarrier was built.
END
}

die()
{
  printf 'off-cost.sh: %s\n' "$1" >&2
  exit 1
}

# The settings that `pgbarrier run` gives to a program, NAME=VALUE each on a line.
preload_settings()
{
  "$build/pgbarrier" run --mode=off -- env 2> /dev/null |
    grep -E '^(LD_PRELOAD|PGBARRIER_[A-Z_]+)='
}

# count OUTPUT MIB [SETTING...] - instructions of gcbench; one marker thread, so that
# marking does not depend on how threads are scheduled.
count()
{
  output=$1
  mib=$2
  shift 2
  env GC_MARKERS=1 "$@" valgrind --tool=callgrind --callgrind-out-file="$output" \
    "$build/bench/gc/gcbench" --mib="$mib" \
    > "$output.log" 2>&1 || die "callgrind failed: $(tail -n 1 "$output.log")"
  sed -n 's/^\(summary\|totals\): *//p' "$output" | tail -n 1
}

case ${1-} in
-h | --help)
  usage
  exit 0
  ;;
-*)
  usage >&2
  exit 2
  ;;
esac
[ $# -le 1 ] || {
  usage >&2
  exit 2
}
build=${1-.}
command -v valgrind > /dev/null || die 'valgrind is not installed (apt-get install valgrind)'
[ -x "$build/pgbarrier" ] || die "there is no $build/pgbarrier; build it with make"
[ -x "$build/bench/gc/gcbench" ] || die "there is no $build/bench/gc/gcbench; build it with make"

scratch=$(mktemp -d) || die 'cannot make a temporary directory'
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP

settings=$(preload_settings)
[ -n "$settings" ] || die "$build/pgbarrier run --mode=off does not work; try it"

small=1
large=4
stock_small=$(count "$scratch/stock-small" $small) || exit
stock_large=$(count "$scratch/stock-large" $large) || exit
# One setting is one line: only line ends separate them.
IFS='
'
# shellcheck disable=SC2086
off_small=$(count "$scratch/off-small" $small $settings) || exit
# shellcheck disable=SC2086
off_large=$(count "$scratch/off-large" $large $settings) || exit

awk -v ss="$stock_small" -v sl="$stock_large" -v os="$off_small" -v ol="$off_large" \
  -v small=$small -v large=$large 'BEGIN {
  target = 0.5
  stock = sl - ss
  off = ol - os
  change = 100 * (off - stock) / stock
  printf "instructions of gcbench under callgrind\n\n"
  printf "%-26s%16s%16s\n", "", "stock", "--mode=off"
  printf "%-26s%16.0f%16.0f\n", "whole run, " small " MiB", ss, os
  printf "%-26s%16.0f%16.0f\n", "whole run, " large " MiB", sl, ol
  printf "%-26s%16.0f%16.0f\n\n", "between the two", stock, off
  printf "loading the preload, once: %.0f instructions\n", os - ss
  printf "while running: %+.3f %%; target: within %.1f %%: %s\n", change, target,
    (change <= target && change >= -target) ? "met" : "missed"
}'
