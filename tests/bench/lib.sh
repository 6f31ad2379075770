# SPDX-License-Identifier: MIT
# lib.sh - what the tests of the programs under bench/ share; read by each of them.

. "$top_srcdir/tests/tool/tap.sh"

# With a thread stopped for ever, a program would never end.
watchdog=300

# use PROGRAM - the one that `run` is about; without it here, the rest is skipped.
use() {
  program=$top_builddir/bench/$1
  run
  [ "$status" -ne 77 ] || skip_all "$(cat "$err")"
}

run() { try timeout -k 5 "$watchdog" "$program" --quick "$@"; }

# shows LABEL - the line of that label counts more than nothing.
shows() { grep -q "^  $1  *[1-9]" "$out"; }

sound() { status_is 0 && shows "objects checked"; }

# sees_damage FAULT - the program, which does as the option says, finds out.
sees_damage() {
  run "$@"
  status_is 1 && out_has "  damage: " && out_has "damage was found"
}
