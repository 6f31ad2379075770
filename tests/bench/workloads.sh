#!/bin/sh
# SPDX-License-Identifier: MIT
# workloads.sh - the programs that load the collector print the same in every configuration,
# and notice what a barrier loses.

. "$top_srcdir/tests/tool/tap.sh"
need_preload
programs=$top_builddir/bench/gc
[ -x "$programs/mutator" ] || skip_all "the build found no libgc for its benchmarks"

# same_under SETTING... - as without pgbarrier
same_under() {
  try env "$@" "$pgbarrier" run --log=off -- "$programs/$workload" $options
  status_is 0 && out_is "$expected"
}

# notices_loss - with a barrier that loses half of all dirty pages, of which hot ones would be
# left out.  Whether it is found, crashes the program first or does no harm is a matter of luck,
# so it may try some seeds.
notices_loss() {
  for seed in 1 2 3 4 5 6 7 8; do
    try env PGBARRIER_TEST_DROP=2 PGBARRIER_POLICY=plain timeout -k 5 60 \
      "$pgbarrier" run --log=off --design=A -- \
      "$programs/$workload" $options --turnover=200 --seed=$seed
    if status_is 1; then break; fi
  done
  status_is 1 && err_has "$workload: damage: "
}

# examine WORKLOAD [OPTION...]
examine() {
  workload=$1
  shift
  options="--mib=2 $*"
  label=$(echo "$workload $*" | sed 's/ *$//')
  try "$programs/$workload" $options
  expected=$(cat "$out")
  check "$label: it ends well" status_is 0
  check "$label: it prints a checksum" grep -qE '^[a-z]+: [0-9]+ .*, checksum [0-9a-f]{16}$' "$out"
  check "$label: the same under design A" same_under PGBARRIER_DESIGN=A
  check "$label: the same under design B" same_under PGBARRIER_DESIGN=B
  check "$label: the same with bounded stops" same_under PGBARRIER_PAUSE=1
  try "$programs/$workload" $options --seed=2
  check "$label: another seed, another checksum" eval '! out_is "$expected"'
}

examine mutator --rate=2000
check "mutator: a barrier that loses pages is noticed" notices_loss
for skew in zipf:0.99 zipf:1 zipf:1.3 clustered; do
  examine mutator --rate=2000 --skew=$skew
done
examine mutator --rate=2000 --threads=4
# Nothing old is written in it, so a barrier has nothing to lose.
examine gcbench
for workload in gcold list hashmap xml allocator server; do
  examine $workload
  check "$workload: a barrier that loses pages is noticed" notices_loss
done

try "$programs/server" --mib=1 --requests="$scratch/latencies"
for key in count p50_ms p99_ms p999_ms max_ms schedule_ms late_ms; do
  check "server: $key of its latency" eval \
    '"$json" "$scratch/latencies" $key | grep -qx "[0-9][0-9.]*"'
done
# late_by SHARE - ended later than it should have, by more than that share
late_by() {
  set -- "$1" "$("$json" "$scratch/latencies" late_ms)" "$("$json" "$scratch/latencies" schedule_ms)"
  awk "BEGIN { exit !($2 > $1 * $3) }"
}
try "$programs/server" --mib=2 --rate=10000000 --requests="$scratch/latencies"
check "server: more than it can serve makes it late" late_by 0.05
try "$programs/server" --mib=1 --turnover=1 --requests="$scratch/latencies"
check "server: of less than 1000 requests no p99.9 is known" eval \
  '[ "$("$json" "$scratch/latencies" count)" -lt 1000 ] &&
  [ "$("$json" "$scratch/latencies" p999_ms)" = null ]'
check "server: but p99" eval '"$json" "$scratch/latencies" p99_ms | grep -qx "[0-9][0-9.]*"'
try "$programs/server" --mib=1 --requests="$scratch/none/latencies"
check "server: latencies that cannot be written" status_is 1
check "server: are told of" err_has "$scratch/none/latencies"

for wrong in --skew=zipf:0 --skew=zipf: --skew=zipf:11 --skew=zipf:1x --skew=none --mib=0 \
  --threads=0; do
  try "$programs/mutator" $wrong
  check "mutator $wrong: status 2" status_is 2
done
finish
