#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh - `pgbarrier bench`: which suites it runs, and what becomes of their results.
#
# The suites here are small scripts beside a copy of the command, where it looks first.

. "$top_srcdir/tests/tool/tap.sh"

cp "$pgbarrier" "$scratch/pgbarrier"
copy=$scratch/pgbarrier
results=$scratch/results.json

# suite NAME LINES - a suite that leaves its arguments and its name as results, and then does
# as LINES say.
suite() {
  mkdir -p "$scratch/bench/$1"
  cat >"$scratch/bench/$1/$1" <<END
#!/bin/sh
echo "table of $1"
for argument; do
  case \$argument in
    --json=*) json=\${argument#--json=} ;;
    *) flags="\$flags\$argument" ;;
  esac
done
leave_results() {
  printf '{"schema": "s", "runs": [{"suite": "$1", "flags": "%s"}]}' "\$flags" >"\$json"
}
$2
END
  chmod +x "$scratch/bench/$1/$1"
}

result_is() { [ "$("$json" "$results" "$1")" = "$2" ]; }
no_litter() { [ -z "$(find "$scratch" -name 'results.json.*')" ]; }

good='[ -z "$json" ] || leave_results'
suite primitives "$good"
suite gc "$good"
suite programs "$good"

try "$copy" bench gc
check "one suite" out_is "table of gc"
check "that does well is a success" status_is 0
try "$copy" bench
check "without a name all are run" \
  out_is "$(printf 'table of primitives\ntable of gc\ntable of programs')"

try "$copy" bench --json "$results" --quick
check "with results: status 0" status_is 0
check "the runs of all are in one file" result_is runs 3
check "in their order" eval \
  'result_is runs.0.suite primitives && result_is runs.1.suite gc && result_is runs.2.suite programs'
check "under the schema of the suites" result_is schema s
check "--quick is handed on" result_is runs.2.flags --quick
check "nothing is left behind" no_litter
try "$copy" bench gc --json="$results"
check "an old file is replaced" eval 'result_is runs 1 && result_is runs.0.suite gc'
check "no --quick but what is asked for" result_is runs.0.flags ""

try "$copy" bench primitives --json=-
cp "$out" "$results"
check "- is standard output" result_is runs.0.suite primitives
check "which is for the results alone" err_has "table of primitives"

for place in "$scratch/none/results.json" "$scratch"; do
  try "$copy" bench --json="$place"
  check "$place cannot be written: status 1" status_is 1
  check "and why" err_has "cannot write the report to $place"
  check "before anything runs" out_is ""
done
try sh -c '"$0" bench gc --json=- >/dev/full' "$copy"
check "a full disk is a failure" status_is 1
check "that is told of" err_has "No space left"

rm -r "$scratch/bench/gc"
try "$copy" bench gc
check "a suite that is missing: status 1" status_is 1
check "and where it was looked for" err_has "$scratch/bench/gc/gc"
try "$copy" bench --json="$results"
check "among all, it is missing too" status_is 1
check "but the others are run" result_is runs 2

suite gc 'echo "gc: no good" >&2; exit 1'
try "$copy" bench --json="$results"
check "a suite that fails: status 1" status_is 1
check "what it says stands" err_has "gc: no good"
check "the others have their results" eval \
  'result_is runs 2 && result_is runs.1.suite programs'
suite gc 'leave_results; exit 1'
try "$copy" bench --json="$results"
check "one that fails after all: its results are kept" result_is runs 3
check "and it is a failure" status_is 1
suite gc 'printf "{" >"$json"'
try "$copy" bench --json="$results"
check "results that are cut short: status 1" status_is 1
check "those are left out" result_is runs 2
check "and it is told" err_has "wrote no results that can be read"

echo old >"$results"
suite gc 'kill -TERM $$'
try "$copy" bench gc --json="$results"
check "a suite ended by a signal: so is the command" status_is 143
check "and says which" err_has "gc was ended by signal 15"
check "an older file stays" grep -qx old "$results"
check "and nothing is left behind" no_litter
try "$copy" bench --json="$results"
check "those before it are kept" eval 'result_is runs 1 && result_is runs.0.suite primitives'
check "those after it are not run" eval '! out_has "table of programs"'

# interrupted SIGNAL - while a suite sleeps; timeout ends with the status of the command.
interrupted() {
  try timeout --preserve-status -s "$1" 1 \
    env --default-signal=INT "$copy" bench --json="$results"
}
suite gc 'exec sleep 60'
echo old >"$results"
interrupted INT
check "Ctrl-C: the command ends by it" status_is 130
check "with what it had" result_is runs 1
check "no later suite is begun" eval '! out_has "table of programs"'
check "nothing is left behind then" no_litter
suite primitives 'exec sleep 60'
echo old >"$results"
interrupted TERM
check "SIGTERM: likewise" status_is 143
check "with nothing to write, an older file stays" grep -qx old "$results"
check "and nothing else is there" no_litter

finish
