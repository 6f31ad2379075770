#!/bin/sh
# SPDX-License-Identifier: MIT
# arming.sh - pages that are not worth a fault are not armed, and nothing is lost by it.

. "$top_srcdir/tests/gc/lib.sh"

# reported CYCLES - pages reported in all by a program that is idle for so many collections
reported() {
  barrier "$suite" "--design=$design" arming idle "$1" && served "$design" || return
  pages=$(stat processes.0.pages_reported)
}

# libgc's own tables, of which it writes hundreds of pages each time, are not among them.
spares_tables() {
  reported 5 || return
  few=$pages
  reported 25 || return
  echo "$few pages in 5 collections, $pages in 25"
  [ $((pages - few)) -le 400 ]
}

# spares_hot OPTION - 4000 pages are hot in 40 cycles, and then only until they are looked
# at again: in most of 40, but not in the 80 that follow.
spares_hot() {
  barrier "$suite" "--design=$design $1" arming hot && served "$design" &&
    stat_above processes.0.pages_unarmed 80000 && pages=$(stat processes.0.pages_unarmed) ||
    return
  echo "$pages pages were left unarmed"
  [ "$pages" -lt 220000 ]
}

# spares_marking OPTION - 4000 pages full of old objects are written in 40 cycles of 60: to
# leave them unarmed would have libgc mark from them in the others, too.
spares_marking() {
  barrier "$suite" "--design=$design $1" arming sometimes && served "$design" || return
  pages=$(stat processes.0.pages_unarmed)
  echo "$pages pages were left unarmed"
  [ "$pages" -lt 20000 ]
}

# spares_free OPTION - 4000 pages are free and used again in 40 cycles, and written once more
# when they are old: only that takes faults, beside those of fresh memory.
spares_free() {
  barrier "$suite" "--design=$design --policy=plain $1" arming reused && served "$design" ||
    return
  faults=$(stat usage.minor_faults)
  echo "$faults faults"
  [ "$faults" -gt 100000 ] && [ "$faults" -lt 260000 ]
}

for suite in $all_suites; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    what="$suite, design $design"
    check "$what: libgc's tables are not armed" spares_tables
    check "$what: hot pages are not armed, no damage" spares_hot --mode=generational
    check "$what: the same with bounded stops" spares_hot --pause=50
    check "$what: free pages are not, no damage" spares_free --mode=generational
    check "$what: the same with bounded stops" spares_free --pause=50
    check "$what: old pages are, no damage" spares_marking --mode=generational
  done
done
finish
