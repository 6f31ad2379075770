#!/bin/sh
# SPDX-License-Identifier: MIT
# stats.sh - the report of `pgbarrier run --stats`: where it goes and what is in it.

. "$top_srcdir/tests/tool/tap.sh"
need_preload

# For `check`: what the report has at a path.
report=$scratch/report.json
report_is() { [ "$("$json" "$report" "$1")" = "$2" ]; }
report_matches() { "$json" "$report" "$1" | grep -qx -e "$2"; }

try "$pgbarrier" run --log=off --stats="$report" sh -c 'exit 3' "an argument"
check "the keys of the report" report_is "" \
  "exit processes processes_left_out program usage wall_ns"
check "the arguments of the program" report_is program 4
check "each as it was" report_is program.3 "an argument"
check "its exit status" report_is exit.status 3
check "and no signal" report_is exit status
check "the time it took" report_matches wall_ns '[1-9][0-9]*'
check "what it used" report_is usage "major_faults minor_faults peak_rss_kib system_ns user_ns"
check "it had memory" report_matches usage.peak_rss_kib '[1-9][0-9]*'
check "nothing on standard error" err_lines 0
check "its arguments are on one line" grep -q '"program": \["sh", .*"an argument"\],$' "$report"

try "$pgbarrier" run --log=off --stats="$report" sh -c 'kill -KILL $$'
check "the signal it died of" report_is exit.signal 9

for flag in --stats --stats=-; do
  try "$pgbarrier" run --log=off "$flag" sh -c 'echo first >&2'
  check "$flag: the program's own words come first" \
    eval '[ "$(head -n 1 "$err")" = first ]'
  sed 1d "$err" >"$report"
  check "$flag: then the report, alone" report_is exit.status 0
  try "$pgbarrier" run --log=off "$flag" true
  check "$flag: on standard error alone, it is JSON" eval \
    'cp "$err" "$report" && report_is exit.status 0'
  try "$pgbarrier" run --log=off "$flag" sh -c 'printf unfinished >&2'
  check "$flag: it does not continue a line of the program" eval \
    'sed "1{/^unfinished$/d;}" "$err" >"$report" && report_is exit.status 0'
done

rm "$report"
try env PGBARRIER_STATS="$report" "$pgbarrier" run --log=off \
  sh -c 'echo "${PGBARRIER_STATS-unset}"'
check "PGBARRIER_STATS is as good as the flag" report_is exit.status 0
check "and is not inherited" out_is unset

try "$pgbarrier" run --log=off --stats="$report" printf '\377'
check "an argument that is not UTF-8" report_is program.1 '\377'
bytes=$(printf 'a\377b')
try "$pgbarrier" run --log=off --stats="$report" true "$bytes"
check "really not" report_is program.1 'a?b'

try sh -c '"$0" run --log=off --stats=/dev/stdout true | cat >"$1"' "$pgbarrier" "$report"
check "a pipe is written as it is" report_is exit.status 0

# A file that the program writes to, too, is what it is redirected to.
try sh -c '"$0" run --log=off --stats=/dev/stdout echo first >>"$1"' "$pgbarrier" "$scratch/both"
check "behind /dev/stdout is what the program wrote" \
  eval '[ "$(head -n 1 "$scratch/both")" = first ]'
sed 1d "$scratch/both" >"$report"
check "and then the report" report_is exit.status 0

# Files are replaced in one step.
folder=$scratch/folder
mkdir "$folder" && cd "$folder" || exit 1
report=$folder/report
try "$pgbarrier" run --log=off --stats=report sh -c 'cd /; exit 5'
check "a name is where the command was started" report_is exit.status 5
echo old >report
chmod 640 report
ln -s report link
exec 9<report
try "$pgbarrier" run --log=off --stats=link cat report
check "the program finds the old report" out_is old
check "who has the old one open keeps it" eval '[ "$(cat <&9)" = old ]'
check "a link is followed" report_is exit.status 0
check "and kept" test -L link
check "the file keeps its mode" eval '[ "$(stat -c %a report)" = 640 ]'
check "nothing else is left there" eval '[ "$(ls)" = "$(printf "link\nreport")" ]'

try "$pgbarrier" run --log=off --stats="$scratch/none/report" touch "$scratch/ran"
check "a report that cannot be written is told of" err_has "$scratch/none/report"
check "and is a failure" status_is 1
check "before the program runs" test ! -e "$scratch/ran"
try "$pgbarrier" run --log=off --stats=. touch "$scratch/ran"
check "nor can a folder" test ! -e "$scratch/ran"

# The counters.
try "$pgbarrier" run --log=off --stats="$report" sh -c 'echo "$PGBARRIER_STATS_PAGE"'
page=$(cat "$out")
check "the counters are gone afterwards" eval '[ "$page" ] && ! [ -e "$page" ]'
check "and so is their folder" eval '! [ -e "$(dirname "$page")" ]'
try "$pgbarrier" run --log=off --stats="$report" sh -c \
  'echo damage | dd of="$PGBARRIER_STATS_PAGE" conv=notrunc 2>/dev/null; exit 6'
check "damaged counters are told of" err_has "no report: the counters were damaged"
check "and do not change the status" status_is 6

# Where they are if there is no room in /dev/shm: folders of a mount namespace are full.
full=$scratch/full
mkdir "$full"
# with_full FOLDER... - run a program there that prints where it counts
with_full() {
  try $unshare sh -c 'command=$1; shift
    for folder; do mount -t tmpfs -o size=4m full "$folder" || exit 9; done
    exec "$command" run --log=off --stats=/dev/stderr sh -c "echo \"\$PGBARRIER_STATS_PAGE\""' \
    sh "$pgbarrier" "$@"
}
if [ "$(id -u)" -eq 0 ]; then unshare='unshare -m'; else unshare='unshare -rm'; fi
absolute=$(readlink -f "$pgbarrier")
if ! $unshare mount -t tmpfs full "$full" 2>/dev/null; then
  skip "no room for counters" "this user can mount nothing"
else
  TMPDIR=$scratch with_full /dev/shm
  check "a full /dev/shm is passed over" eval 'status_is 0 &&
    grep -q "^$scratch/pgbarrier-......./*[^/]*$" "$out"'
  check "and leaves nothing there" eval '[ -z "$(ls -d "$scratch"/pgbarrier-* 2>/dev/null)" ]'
  TMPDIR=$full with_full /dev/shm "$full"
  check "so is a full \$TMPDIR" eval 'status_is 0 && grep -q "^/tmp/pgbarrier-" "$out"'
  TMPDIR=relative with_full /dev/shm
  check "and one that is no absolute path" eval 'status_is 0 && grep -q "^/tmp/pgbarrier-" "$out"'
  case $absolute in
    /tmp/*) skip "no room anywhere" "what is tested is in /tmp itself" ;;
    *)
      pgbarrier=$absolute TMPDIR=$full with_full /dev/shm "$full" /tmp
      check "no room anywhere: status 1" status_is 1
      check "and why" err_has \
        "cannot count in a file in /dev/shm, \$TMPDIR or /tmp: No space left on device"
      check "the program is not run" test ! -s "$out" ;;
  esac
fi

# A program that has a collector.
collect=$top_builddir/tests/tool/collect
if [ ! -x "$collect" ]; then
  skip "the record of a process" "the build found no libgc for its tests"
  finish
fi
try "$pgbarrier" run --log=off --stats="$report" "$collect" 20
check "there is one process" report_is processes 1
check "the keys of its record" report_is processes.0 \
  "backend collections design fallbacks harvest_ns harvests heap_bytes libgc libgc_version \
mmu mmu_complete mode over_report pages_harvested pages_reported pages_unarmed pages_unsure pages_watched \
parent pause_ns pauses pauses_complete pid program reason signals sigsegv_handlers \
vmas_at_exit walks_skipped"
for times in harvest_ns pause_ns; do
  check "the keys of $times" report_is processes.0.$times "count histogram max p50 p90 p99 p999 total"
done
check "its program" report_is processes.0.program "$(readlink -f "$collect")"
check "its libgc" report_matches processes.0.libgc '/.*libgc\.so.*'
check "which version" report_matches processes.0.libgc_version '[0-9]*\.[0-9]*\.[0-9]*'
check "how often it collected" eval \
  '[ "$("$json" "$report" processes.0.collections)" -ge 20 ]'
check "how long it stood still" eval \
  '[ "$("$json" "$report" processes.0.pause_ns.count)" -ge 20 ]'
check "percentiles rise" eval 'set -- $(for p in p50 p90 p99 p999 max total; do
  "$json" "$report" processes.0.pause_ns.$p; done)
  [ $1 -gt 0 ] && [ $1 -le $2 ] && [ $2 -le $3 ] && [ $3 -le $4 ] && [ $4 -le $5 ] &&
  [ $5 -le $6 ]'

# timeline PROCESS - its pauses, "START DURATION" a line, as they stand in the report.
timeline() {
  "$json" "$report" "processes.$1.pauses" > "$scratch/count" || return
  i=0
  while [ $i -lt "$(cat "$scratch/count")" ]; do
    echo "$("$json" "$report" "processes.$1.pauses.$i.0")" \
      "$("$json" "$report" "processes.$1.pauses.$i.1")"
    i=$((i + 1))
  done
}
# in_order PROCESS - no pause starts before the last one is over, none is after the end.
in_order() {
  timeline "$1" | awk -v wall="$("$json" "$report" wall_ns)" '
    $1 < over || $2 <= 0 { exit failed = 1 }
    { over = $1 + $2 }
    END { exit failed || !NR || over > wall }'
}
check "every pause is in the timeline" eval \
  '[ "$("$json" "$report" processes.0.pauses)" = "$("$json" "$report" processes.0.pause_ns.count)" ]'
check "which is said" report_is processes.0.pauses_complete true
check "of utilisation, too" report_is processes.0.mmu_complete true
check "they are in order, and within the run" in_order 0
check "and add up" eval \
  '[ "$(timeline 0 | awk "{ sum += \$2 } END { printf \"%d\", sum }")" = \
    "$("$json" "$report" processes.0.pause_ns.total)" ]'
check "so do the buckets" eval '[ "$(
  for i in $(seq 0 $(($("$json" "$report" processes.0.pause_ns.histogram) - 1))); do
    "$json" "$report" processes.0.pause_ns.histogram.$i.1; done |
    awk "{ sum += \$1 } END { print sum }")" = \
    "$("$json" "$report" processes.0.pause_ns.count)" ]'
check "a pause is one line of the report" eval \
  'grep -q "^ *\[$("$json" "$report" processes.0.pauses.0.0), \
$("$json" "$report" processes.0.pauses.0.1)\],\$" "$report"'
check "the smallest window of utilisation is 1 ms" report_is processes.0.mmu.0.0 1
check "utilisation is a share" eval '"$json" "$report" processes.0.mmu.0.1 |
  awk "{ exit !(\$1 >= 0 && \$1 < 1) }"'

try "$pgbarrier" run --log=off --design=none --mode=off --stats="$report" "$collect" 5
check "design none watches" report_is processes.0.design none
check "and counts" eval '[ "$("$json" "$report" processes.0.pause_ns.count)" -ge 5 ]'
check "but harvests nothing" report_is processes.0.harvests 0

try "$pgbarrier" run --log=off --stats="$report" "$collect" 5 kill
check "a crash is reported" report_is exit.signal 9
check "with what was counted before it" eval \
  '[ "$("$json" "$report" processes.0.pause_ns.count)" -ge 5 ]'
check "when it was, too" in_order 0

# More pauses than there is room for.
try "$pgbarrier" run --log=off --design=none --mode=off --stats="$report" "$collect" 16400
check "of many pauses the first are kept" report_is processes.0.pauses 16384
check "and that they are not all is said" report_is processes.0.pauses_complete false
check "as it is of what follows from them" report_is processes.0.mmu_complete false

try "$pgbarrier" run --log=off --stats="$report" "$collect" 5 fork
check "parent and child have a record each" report_is processes 2
check "the pauses of the child have a timeline, too" in_order 1
check "the child names its parent" eval \
  '[ "$("$json" "$report" processes.0.pid)" -gt 0 ] &&
  [ "$("$json" "$report" processes.1.parent)" = "$("$json" "$report" processes.0.pid)" ]'

# As root, a program that gives that up still counts.
if [ "$(id -u)" -ne 0 ]; then
  skip "a program that drops privileges is counted" "only root has some to drop"
elif ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$collect"; then
  skip "a program that drops privileges is counted" "nobody else can read the build folder"
else
  try "$pgbarrier" run --log=off --stats="$report" \
    setpriv --reuid=65534 --regid=65534 --clear-groups "$collect" 5
  check "a program that drops privileges is counted" report_is processes 1
fi

finish
