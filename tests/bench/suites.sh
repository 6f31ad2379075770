#!/bin/sh
# SPDX-License-Identifier: MIT
# suites.sh - what the suites gc and programs write down, also of programs that end badly.

. "$top_srcdir/tests/tool/tap.sh"
need_preload
suite=$top_builddir/bench/gc/gc
[ -x "$top_builddir/bench/gc/gcbench" ] ||
  skip_all "the build found no libgc for its benchmarks"

results=$scratch/results.json
TMPDIR=$scratch
export TMPDIR

# run [OPTION...] - one round of the smallest program
run() {
  rm -f "$results"
  try "$suite" --quick --rounds=1 --only=gcbench --json="$results" "$@"
}
result_is() { [ "$("$json" "$results" "runs.0.$1")" = "$2" ]; }
result_matches() { "$json" "$results" "runs.0.$1" | grep -qx -e "$2"; }
nothing_is_left() { [ -z "$(ls -d "$scratch"/pgbarrier-bench-* 2> /dev/null)" ]; }

# stand_in SCRIPT - a pgbarrier that does that instead
stand_in() {
  printf '#!/bin/sh\n%s\n' "$1" > "$scratch/stand-in"
  chmod +x "$scratch/stand-in"
}

run
check "a round of one program ends well" status_is 0
check "it is of the suite" result_is suite gc
check "there is a row for each configuration" result_is rows 4
check "the configurations take turns in this order" eval \
  '[ "$(for i in 0 1 2 3; do "$json" "$results" runs.0.rows.$i.configuration; done | tr "\n" " ")" \
    = "stock stock-incremental A A " ]'
check "the keys of a row" result_is rows.0 "backend configuration cpu_ms faults label \
live_bytes mmu mmu_complete mode outcome pause_target_ms pauses peak_rss_kib peak_vmas policy program ratios \
requests runs signals sound timeline timeline_complete wall_ms"
check "the program" result_is rows.0.program gcbench
check "how much was alive" result_is rows.0.live_bytes 67108864
check "stock libgc has no backend" result_is rows.0.backend null
check "pgbarrier has one" result_matches rows.2.backend '[a-z-]*'
check "the target of bounded stops" result_is rows.3.pause_target_ms 5
check "their mode" result_is rows.3.mode incremental
check "the ratio of stock to itself is one" result_is rows.0.ratios.wall 1.0
for i in 0 2 3; do
  check "row $i: it ended well" result_is rows.$i.outcome ok
  check "row $i: the only run was sound" result_is rows.$i.sound 1
  check "row $i: its wall time" result_matches rows.$i.wall_ms.median '[0-9][0-9.]*'
  check "row $i: its peak of memory" result_matches rows.$i.peak_rss_kib '[1-9][0-9]*'
  check "row $i: VMAs were counted" result_matches rows.$i.peak_vmas '[1-9][0-9]*'
  check "row $i: each pause is in the timeline" eval \
    '[ "$("$json" "$results" runs.0.rows.$i.timeline)" = \
      "$("$json" "$results" runs.0.rows.$i.pauses.count)" ]'
  check "row $i: utilisation at ten windows" result_matches rows.$i.mmu '[89]\|10'
done
check "which is that of all pauses" result_is rows.0.mmu_complete true
check "p99.9 of so few pauses is not known" result_is rows.0.pauses.p999_ms null
check "people are told" out_has "gcbench, 64 MiB alive"
try "$pgbarrier" report "$results" -o "$scratch/page.html"
check "a page is made of it" status_is 0
check "with the program" grep -q "gcbench" "$scratch/page.html"
check "nothing is left behind" nothing_is_left

# All configurations go through the command, so stock libgc ends like that, too.
stand_in 'echo "Too many heap sections" >&2; kill -ABRT $$'
run --pgbarrier="$scratch/stand-in"
check "programs that are aborted: status 1" status_is 1
check "but there are results" result_is rows 4
check "how they ended" result_is rows.0.outcome "aborted: Too many heap sections"
check "no run was sound" result_is rows.0.sound 0
check "nothing was measured, which is not 0" result_is rows.0.wall_ms null
check "nor can it be complete" result_is rows.0.mmu_complete null
check "nor a ratio" result_is rows.0.ratios.wall null
check "nor pauses" result_is rows.0.pauses null
check "people are told that, too" out_has "aborted: Too many heap sections"

stand_in "'$pgbarrier' \"\$@\"
case \$* in *--design=A*) echo more ;; esac"
run --pgbarrier="$scratch/stand-in"
check "another output than that of stock libgc: status 1" status_is 1
check "stock libgc is right" result_is rows.0.outcome ok
check "the other is wrong" result_is rows.2.outcome "wrong output"

# interrupted COMMAND... - by SIGTERM, once the stand-in's program has begun
interrupted() {
  rm -f "$results" "$scratch/page"
  env --default-signal "$@" >"$out" 2>"$err" </dev/null &
  suite_pid=$!
  tries=0
  while [ ! -s "$scratch/page" ] && [ $tries -lt 600 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -TERM "$suite_pid"
  status=0
  wait "$suite_pid" || status=$?
}
page_is_gone() { [ -s "$scratch/page" ] && [ ! -e "$(cat "$scratch/page")" ]; }

# sleeper LINES - in place of gcbench a program that sleeps, after these lines of a shell
sleeper() {
  stand_in "case \$* in *--stats=*gcbench*) ;; *) exit 0 ;; esac
exec '$pgbarrier' run --stats='$scratch/report' sh -c \\
  '$1 echo \"\$PGBARRIER_STATS_PAGE\" >\"\$0\"; exec sleep 60' '$scratch/page'"
}
sleeper 'trap "" TERM;'
interrupted "$suite" --quick --rounds=1 --only=gcbench --pgbarrier="$scratch/stand-in"
check "with a program that does not listen a suite ends, too" status_is 143
check "what that counted in is gone" page_is_gone
sleeper ''
interrupted "$suite" --quick --rounds=1 --pgbarrier="$scratch/stand-in" --json="$results"
check "a suite that is interrupted ends by that signal" status_is 143
check "what its program counted in is gone" page_is_gone
check "nothing else is left behind" nothing_is_left
check "the programs before it are in the results" result_is rows 8
check "it is named as left out" grep -q "the suite was interrupted" "$results"
try timeout --preserve-status -s INT 2 \
  env --default-signal=INT "$pgbarrier" bench gc --quick --json="$results"
check "the command ends by the signal of the suite" status_is 130
check "and says so" err_has "the suite gc was ended by signal 2"
check "with what there was" grep -q "the suite was interrupted" "$results"

stand_in "for argument; do case \$argument in --stats=*) exec '$pgbarrier' run \$argument true ;; esac; done"
run --pgbarrier="$scratch/stand-in"
check "without libgc a run is not sound, nor one of stock" \
  result_is rows.0.outcome "libgc is not in the program"

stand_in "exec '$pgbarrier' \"\$@\" --rate=10000000"
try "$suite" --quick --rounds=1 --only=server --pgbarrier="$scratch/stand-in" --json="$results"
check "a server that cannot keep up ends well" result_is rows.0.outcome ok
check "by how much it was late" result_matches rows.0.requests.late_ms '[1-9][0-9.]*'
check "of how long" result_matches rows.0.requests.schedule_ms '[1-9][0-9.]*'
check "people are told that it did not keep up" out_has "did not keep up"

stand_in "for argument; do case \$argument in --stats=*) file=\${argument#--stats=} ;; esac; done
'$pgbarrier' \"\$@\" && { [ -z \"\$file\" ] || sed -i '/mmu_complete/s/true/false/' \"\$file\"; }"
run --pgbarrier="$scratch/stand-in"
check "with some pauses not known" result_is rows.0.mmu_complete false
check "utilisation is at most that" grep -q " <=[01]\.[0-9][0-9] " "$out"

stand_in 'exec sleep 60'
run --seconds=4 --limit=1 --pgbarrier="$scratch/stand-in"
check "a run that takes long is ended" \
  result_is rows.0.outcome "took more than 1 s, and was ended"
check "what there was no time for is no row" eval '! grep -q "\"pause_target_ms\": 5" "$results"'
check "but is named" grep -q \
  "^gcbench, 64 MiB: A, .*, --pause=5 is left out: no time was left\.$" "$out"
try "$suite" --quick --seconds=1 --limit=1 --pgbarrier="$scratch/stand-in" --json="$results"
check "so is a program" out_has "gcbench, 64 MiB is left out: no time was left."

stand_in 'exit 3'
run --pgbarrier="$scratch/stand-in"
check "a program that fails" result_matches rows.0.outcome 'failed with status 3: .*'

# words WORDS OUTCOME - a program that fails with those last words; what its row says
words() {
  stand_in "printf '%b' '$1' >&2; exit 3"
  run --pgbarrier="$scratch/stand-in"
  status_is 1 && result_is rows.0.outcome "failed with status 3: $2"
}
check "last words that are UTF-8" words 'first\nna\303\257ve\n' "$(printf 'na\303\257ve')"
check "those that are not" words 'na\357ve\n' "na?ve"
check "control characters" words 'a\033[7m\000b' "a?[7m?b"
long=$(printf '%094d' 0)
check "no character is cut" words "$long\\303\\257" "$long"

run --pgbarrier="$scratch/none"
check "without the command: status 1" status_is 1
check "it says what is missing" err_has "there is no pgbarrier at $scratch/none"
check "nothing is left behind then" nothing_is_left

try "$suite" --quick --rounds=0
check "wrong usage: status 2" status_is 2
try "$suite" gcbench
check "wrong words, too" status_is 2

# The kernel's count of memory, as another one.
if [ "$(id -u)" -eq 0 ]; then unshare='unshare -m'; else unshare='unshare -rm'; fi
echo 'MemAvailable:     100000 kB' > "$scratch/meminfo"
if $unshare mount --bind "$scratch/meminfo" /proc/meminfo 2> /dev/null; then
  try $unshare sh -c 'mount --bind "$1" /proc/meminfo && shift && exec "$@"' sh \
    "$scratch/meminfo" "$suite" --quick --only=gcbench
  check "what does not fit the memory that is available is left out" out_has \
    "gcbench, 64 MiB is left out: it needs 192 MiB of memory, and 97 are available."
else
  skip "what does not fit the memory that is available is left out" \
    "this user can mount nothing"
fi

try "$suite" --quick --only=gc --json="$results"
check "a part of a name is not a name: status 2" status_is 2
try "$suite" --quick --only="nothing of that name" --json="$results"
check "no program of that name: status 2" status_is 2
check "and which there are" err_has "gcbench, 64 MiB"
try "$suite" --quick --only=gcbench --rounds=1 --configurations="A, *, --p*" --seconds=300 \
  --limit=60 --json="$results"
check "configurations that were chosen, and stock, end well" status_is 0
check "those are run, whether --quick has them or not" eval \
  '[ "$(for i in 0 1 2 3 4 5; do "$json" "$results" runs.0.rows.$i.policy; done | tr "\n" " ")" \
    = "null plain null null plain null " ]'
check "and no others" result_is rows 6
check "what the policy costs is compared with all armed" grep -q \
  "^gcbench, 64 MiB  wall time .*, --pause=5 / A, .*, --pause=5, --policy=plain  *[0-9.]*  *<= 1.05  " "$out"
try "$suite" --only=gcbench --configurations="A" --json="$results"
check "no configuration of that label: status 2" status_is 2
check "and which there are" err_has "stock, GC_MARKERS=1"
try "$suite" --live=100
check "no program of that size: status 2" status_is 2

suite=$top_builddir/bench/programs/programs
mkdir "$scratch/path"
printf '#!/bin/sh\nexec sleep 60\n' > "$scratch/path/awk"
chmod +x "$scratch/path/awk"
cp "$scratch/path/awk" "$scratch/path/w3m"
try env PATH="$scratch/path:$PATH" "$suite" --only=w3m --limit=1
check "to prepare a program may not take longer either" \
  out_has "w3m is left out: took more than 1 s, and was ended."
try env PATH="$scratch" "$suite" --quick --json="$results"
check "programs that are not installed: status 0" status_is 0
check "they are noted" eval '"$json" "$results" runs.0.skipped | grep -qx "[1-9][0-9]*" &&
  grep -q "guile is not installed" "$results"'
check "and named" out_has "guile is left out: guile is not installed."
finish
