#!/bin/sh
# SPDX-License-Identifier: MIT
# primitives.sh - `pgbarrier bench primitives`: every figure that can be had here is there,
# and what is not says why.  How large the figures are is nobody's business here.

. "$top_srcdir/tests/tool/tap.sh"

results=$scratch/results.json
rows=$scratch/rows

# With this setting no barrier can be opened; the suite is not to see it.
try env PGBARRIER_VERIFY=neither timeout -k 5 300 \
  "$pgbarrier" bench primitives --quick --json="$results"
check "it ends well" status_is 0
check "one run" eval '[ "$("$json" "$results" runs)" = 1 ]'
check "of this suite" eval '[ "$("$json" "$results" runs.0.suite)" = primitives ]'
check "which was quick" eval '[ "$("$json" "$results" runs.0.quick)" = true ]'

# of ROW MEMBER...
of() {
  row=$1
  shift
  for member; do
    "$json" "$results" "runs.0.rows.$row.$member" | tr ' ' _
  done | tr '\n' ' '
  echo
}

count=$("$json" "$results" runs.0.rows)
i=0
while [ "$i" -lt "${count:-0}" ]; do
  of $i bench operation backend threads pattern huge_pages density mutators unit \
    value.median value.low value.high value.rounds region_bytes
  i=$((i + 1))
done >"$rows"
check "there are rows" test -s "$rows"
check "each has the members of a row" eval '[ "$("$json" "$results" runs.0.rows.0)" = \
  "backend bench density huge_pages mutators operation pattern ratio region_bytes shootdowns threads unit value vmas" ]'
check "each has a median between its extremes, of two rounds or more" awk '
  !(NF == 14 && $11 > 0 && $11 <= $10 && $10 <= $12 && $13 >= 2 && $14 > 0) { wrong = 1; print "# " $0 }
  END { exit wrong }' "$rows"

# has PATTERN - a row with it.
has() { grep -q "$1" "$rows"; }

# Backends that run here, and what stands beside them.
"$pgbarrier" doctor --json >"$scratch/doctor"
i=0
while name=$("$json" "$scratch/doctor" backends.$i.name); do
  if [ "$name" = null ]; then
    check "nothing of null, which arms nothing" eval '! has "^[a-z-]* [^ ]* null "'
  elif [ "$("$json" "$scratch/doctor" backends.$i.runs)" = true ]; then
    for operation in TRAP PROT1 PROTN DIRTY prot1+trap+unprot protN+trap+unprot; do
      check "$operation of $name" has "^appel-li $operation $name 1 "
    done
    check "first writes of $name, in order" has "^first-write null $name 1 sequential false "
    check "and at random" has "^first-write null $name 1 random false "
    check "a clean harvest of $name" has "^harvest null $name 1 null false 0.0 parked "
    check "a harvest of clustered pages" has "^harvest null $name 1 clustered false 10.0 parked "
  else
    check "that $name is not measured is said" grep -q "^  $name: ." "$out"
  fi
  i=$((i + 1))
done
for operation in TRAP PROT1 PROTN UNPROT prot1+trap+unprot protN+trap+unprot; do
  check "$operation of bare mprotect" has "^appel-li $operation bare_mprotect "
done
check "rewriting with all armed" has "^rewrite all_armed uffd-async\|^rewrite all_armed mprotect"
check "and with hot chunks unarmed" has "^rewrite hot_chunks_unarmed "
check "and what that leaves of the overhead" grep -qE \
  "^[a-z-]+: with hot chunks unarmed -?[0-9.]+ of the overhead of arming all" "$out"
check "stores with a card mark" has "^store null card_marking 1 random "
check "and without" has "^store null none 1 random "
check "what it adds" grep -qE "^a card mark adds -?[0-9.]+ ns to a store, at random" "$out"
check "MAP2" has "^appel-li MAP2 none "
check "writes without a barrier" has "^first-write null none "
if has "^harvest null uffd-async "; then
  check "the system call without the library" has "^harvest null bare_scan 1 null false 0.0 parked "
  check "and next to a harvest, turn by turn" has "^clean-harvest null uffd-async 1 null false 0.0 parked "
  check "with the ratio of the two, and its spread" grep -qE \
    "^uffd-async is [0-9.]+ times the bare system call, [0-9.]+ to [0-9.]+ in ([5-9]|1[0-5]) rounds" "$out"
fi
check "reading a page table" has "^bandwidth null none "
if [ "$(nproc)" -gt 1 ]; then
  check "first writes of two threads" has "^first-write null mprotect 2 "
  check "harvests beside a mutator" has "^harvest null mprotect 1 null false 0.0 running "
else
  check "that there is but one CPU is said" out_has "CPUs that may be used: 1"
fi

skips=$("$json" "$results" runs.0.skipped)
i=0
while [ "$i" -lt "${skips:-0}" ]; do
  what=$("$json" "$results" runs.0.skipped.$i.what)
  check "$what: why not" eval '[ -n "$("$json" "$results" runs.0.skipped.$i.why)" ]'
  i=$((i + 1))
done
check "tables for people" out_has "protN+trap+unprot"
check "mappings, too" out_has "Harvest of 16 MiB: shootdowns of TLBs a harvest, mappings of the process"
try "$pgbarrier" report "$results" -o "$scratch/page.html"
check "a page is made of it" status_is 0
for part in "First write" "Card marking" "Dense rewriting" Harvest "Appel and Li"; do
  check "with a part $part" grep -q "<h3[^>]*>$part" "$scratch/page.html"
done

if command -v taskset >/dev/null; then
  try timeout -k 5 300 taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')" \
    "$pgbarrier" bench primitives --quick
  check "on one CPU it ends well, too" status_is 0
  check "and says what takes two" out_has "first-write with 2 threads: CPUs that may be used: 1"
else
  skip "on one CPU" "there is no taskset"
fi

finish
