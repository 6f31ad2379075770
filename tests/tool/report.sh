#!/bin/sh
# SPDX-License-Identifier: MIT
# report.sh - `pgbarrier report`: what it takes, what it refuses, and that its page is sound.

. "$top_srcdir/tests/tool/tap.sh"

samples=$top_srcdir/tests/tool/report
page=$scratch/page.html
input=$scratch/input.json

# For `check`.
page_has() { grep -qF -e "$1" "$page"; }
page_lacks() { ! page_has "$1"; }
page_count() { [ "$(grep -c -e "$2" "$page")" -eq "$1" ]; }

# bench SUITE ROWS - such a file, in $input.
bench() {
  printf '{"schema": "pgbarrier-bench/1", "runs": [{"suite": "%s", "machine": {}, "rows": [%s]}]}\n' \
    "$1" "$2" >"$input"
}

# refused NAME MESSAGE - that is what is said of $input, and no page is left.
refused() {
  rm -f "$page"
  try timeout 20 "$pgbarrier" report "$input" -o "$page"
  check "$1: is refused" status_is 1
  check "$1: with what is wrong, and where" err_has "$input: $2"
  check "$1: on one line" err_lines 1
  check "$1: no page" test ! -e "$page"
}

try "$pgbarrier" report "$samples/primitives.json" "$samples/gc.json" "$samples/stats.json" \
  "$samples/stats-stock.json" "$samples/stats-old.json" -o "$page"
check "a page of everything" status_is 0
check "nothing on standard error" err_lines 0
check "first writes" page_count 2 '<figure class="first-write">'
check "rewriting, and what of its overhead remains" page_has \
  '<td>900</td><td class="more">20.80 '
check "as a share of that with all armed" page_has '<td>104</td><td class="less">0.11 '
check "harvests of both sizes" page_count 5 '<figure class="harvest">'
check "with the bound" page_count 5 '<path class="limit"'
check "ratios of first writes, to what they are" page_count 2 '>of mprotect</th>'
check "ratios of harvests, to what they are" page_count 5 '>of bandwidth</th>'
check "a clean harvest next to its system call" page_has \
  '<bdi>uffd-async</bdi></th><td class="text"><bdi>1 GiB</bdi></td><td class="more">1.02 '
check "with its spread" page_has '<td>1.07</td><td>1.03</td><td>1.31</td><td>15</td>'
check "pauses of each program" page_count 4 '<figure class="pauses">'
check "utilisation" page_count 4 '<figure class="mmu">'
check "which counts stops of the world only, and says so" \
  eval 'page_has "does not count here" && page_lacks "itself. Where"'
check "timelines" page_count 4 '<figure class="timeline">'
check "a crash is told in the table and at the program" \
  page_count 3 'ended by signal 6: Too many heap sections'
check "pauses of a run need not be whole" page_has '<td>13.4</td>'
check "the kernel" page_has '6.18.44'
check "the load" page_has '<td>11</td>'
check "what was not measured, and why" page_has '/dev/pgbarrier is not there'
check "a ratio" page_has '<td class="less">0.84 '
check "one color for a backend" \
  eval '! grep -F "<g class=\"series" "$page" | grep -v -e blue -e vermilion -e brown -e amber -e purple -e grey -e ink'
check "nothing is fetched" eval '! grep -qE "src=|href=\"[^#]|url\(|@import" "$page"'
check "links lead somewhere" eval 'for link in $(grep -o "href=\"#[^\"]*" "$page" | cut -d\# -f2); do
  page_has "id=\"$link\"" || exit 1; done'
check "nothing is run" page_lacks '<script'

if command -v xmllint >/dev/null; then
  check "the page is well-formed" xmllint --noout "$page"
else
  skip "the page is well-formed" "xmllint is not installed"
fi

try "$pgbarrier" report "$samples/stats-old.json" -o "$page"
check "a report of an older pgbarrier" status_is 0
check "has no timeline to show" page_lacks '<figure class="timeline">'
check "but percentiles" page_has '<figure class="pauses">'
check "as far as there are enough stops for them" \
  eval 'page_count 2 "<td>5.93</td>" && page_count 1 ">p99</th>"'

try "$pgbarrier" report "$samples/hostile.json" -o "$page"
check "names that are markup" status_is 0
check "are text" page_lacks '<script'
check "as they were" page_has '&lt;script&gt;document.title=&quot;hacked&quot;'
check "no attribute is begun" page_lacks '<img'
if command -v xmllint >/dev/null; then
  check "and the page is well-formed" xmllint --noout "$page"
else
  skip "and the page is well-formed" "xmllint is not installed"
fi
for byte in '\001' '\033' '\177' '\342\200\256' '\357\273\277'; do
  check "no $byte gets into the page" eval '! grep -qF -e "$(printf "$byte")" "$page"'
done

# What files are called.
mkdir -p "$scratch/x/1" "$scratch/x/2" "$scratch/y/1"
for folder in x/1 x/2 y/1 x; do
  cp "$samples/stats.json" "$scratch/$folder/s.json"
done
cp "$samples/stats.json" "$scratch/x/xs.json"
# labelled LABEL... - rows have these, and no others
labelled() {
  sed -n 's/.*<th scope="row"><bdi>\([^:]*\): A, .*/\1/p' "$page" | sort -u > "$scratch/labels"
  printf '%s\n' "$@" | sort | cmp -s - "$scratch/labels"
}
try "$pgbarrier" report "$scratch/x/1/s.json" "$scratch/x/xs.json" -o "$page"
check "labels have names of files" labelled s.json xs.json
try "$pgbarrier" report "$scratch/x/1/s.json" "$scratch/x/2/s.json" -o "$page"
check "of files of the same name, what tells them apart" labelled 1/s.json 2/s.json
try "$pgbarrier" report "$scratch/x/1/s.json" "$scratch/x/2/s.json" "$scratch/y/1/s.json" -o "$page"
check "as much as it takes" labelled x/1/s.json 2/s.json y/1/s.json
cd "$scratch/x" || exit 1
try "$pgbarrier" report 1/s.json s.json -o "$page"
check "or as there is" labelled 1/s.json s.json
try "$pgbarrier" report s.json s.json -o "$page"
check "of a file that is given twice no more helps" labelled s.json
cd "$OLDPWD" || exit 1

# Where it goes.
try "$pgbarrier" report "$samples/stats.json"
check "standard output" out_has '</html>'
try "$pgbarrier" report --output=- "$samples/stats.json"
check "-, too" out_has '</html>'
try sh -c '"$0" report - <"$1"' "$pgbarrier" "$samples/stats.json"
check "- is standard input" out_has '</html>'
echo before >"$page"
chmod 640 "$page"
try "$pgbarrier" report "$samples/stats.json" -o "$page"
check "a page replaces another" page_has '</html>'
check "with its rights" eval '[ "$(stat -c %a "$page")" = 640 ]'
check "nothing is left beside it" eval '[ "$(ls "$scratch"/page.html* | wc -l)" -eq 1 ]'
try "$pgbarrier" report "$samples/stats.json" -o "$scratch/nowhere/page.html"
check "where no page can be" status_is 1
check "is said" err_has "cannot write the report to $scratch/nowhere/page.html"
try sh -c '"$0" report "$1" >/dev/full' "$pgbarrier" "$samples/stats.json"
check "a full disk" status_is 1
check "is said, too" err_has "cannot write the page to standard output"
if command -v script >/dev/null; then
  try script -qec "'$pgbarrier' report '$samples/stats.json'" /dev/null
  check "a terminal gets no page" status_is 2
  check "but a sentence" out_has "name a file with -o"
else
  skip "a terminal gets no page" "script is not installed"
fi
try "$pgbarrier" report
check "no file" status_is 2
check "is not enough" err_has "no file given"
try "$pgbarrier" report "$scratch/absent.json"
check "a file that is not there" err_has "cannot read $scratch/absent.json: No such file"

# One machine.
sed 's/"cpus": 2/"cpus": 64/; s/Example CPU/Other CPU/' "$samples/gc.json" >"$scratch/other.json"
rm -f "$page"
try "$pgbarrier" report "$samples/primitives.json" "$scratch/other.json" -o "$page"
check "two machines are refused" status_is 1
check "with both files" \
  err_has "$samples/primitives.json and $scratch/other.json are from different machines"
check "and what differs" err_has "Example CPU @ 2.60GHz and Other CPU @ 2.60GHz, CPUs 2 and 64"
check "no page" test ! -e "$page"
sed 's/"memory_kib": 16323844/"memory_kib": 16300000/; s/6\.18\.44/6.12.1/' \
  "$samples/gc.json" >"$scratch/other.json"
try "$pgbarrier" report "$samples/primitives.json" "$scratch/other.json" -o "$page"
check "another kernel is the same machine" status_is 0
check "and both are told" eval 'page_has 6.18.44 && page_has 6.12.1'
try "$pgbarrier" report "$samples/stats.json" "$scratch/other.json" -o "$page"
check "a report of run --stats knows no machine" status_is 0

# What is none.
head -c 3000 "$samples/gc.json" >"$input"
refused "a file cut off" "line "
printf '' >"$input"
refused "an empty file" "line 1, column 0: no JSON"
echo '[1]' >"$input"
refused "another JSON" "neither a file of \`pgbarrier bench --json'"
echo '{"schema": "pgbarrier-bench/2", "runs": []}' >"$input"
refused "a later schema" 'its schema is "pgbarrier-bench/2"'
bench crochet ''
refused "a suite that is unknown" 'runs[0].suite is "crochet"'
row='"program": "p", "label": "l", "outcome": "ok"'
bench gc "{$row}, {\"program\": 7}"
refused "a number for a text" 'runs[0].rows[1].program is a number, where a text belongs'
bench gc '{"program": "p", "label": "l"}'
refused "a row without an outcome" 'runs[0].rows[0].outcome is missing'
bench gc "{$row, \"wall_ms\": {\"median\": NaN}}"
refused "a NaN" "line 1"
bench gc "{$row, \"wall_ms\": {\"median\": null}}"
refused "a spread without a median" 'runs[0].rows[0].wall_ms.median is null'
bench gc "{$row, \"signals\": -3}"
refused "a negative count" 'runs[0].rows[0].signals is -3, and cannot be negative'
bench gc "{$row, \"signals\": 1e300}"
refused "a count beyond all measure" 'runs[0].rows[0].signals is 1e+300, more than'
bench gc "{$row, \"signals\": 1e999}"
refused "a number beyond all numbers" "line 1"
bench gc "{$row, \"mmu\": [[1, 0.5], [2]]}"
refused "half a pair" 'runs[0].rows[0].mmu[1] is no pair of numbers'
bench gc "{$row, \"mmu\": {}}"
refused "an object for a list" 'runs[0].rows[0].mmu is an object, where a list belongs'
bench primitives '{"bench": "harvest", "backend": null, "unit": "ns"}'
refused "a row without a backend" 'runs[0].rows[0].backend is null, where a text belongs'
echo '{"processes": 3}' >"$input"
refused "half a report" 'program is missing'

# Percentiles of too few.
# figures COUNT - a row with so many stops of a run in two runs, and requests.
figures() {
  bench gc "{$row, \"runs\": 2, \"sound\": 2, \"pauses\": {\"count\": $1, \"p50_ms\": 0.125,
    \"p99_ms\": 0.25, \"p999_ms\": 0.375, \"max_ms\": 0.5}, \"requests\": {\"count\": $1,
    \"p50_ms\": 1.25, \"p99_ms\": 2.5, \"p999_ms\": 3.75, \"max_ms\": 5.25}}"
  try "$pgbarrier" report "$input" -o "$page"
}
figures 0
check "no stops have no percentiles" eval 'page_lacks "<td>0.125" && page_lacks "<td>0.500"'
check "no requests have none" eval 'page_lacks "<td>1.25" && page_lacks "<td>5.25"'
figures 49.5
check "99 stops have no p99" eval 'page_has "<td>0.125" && page_lacks "<td>0.250"'
check "but a longest" page_has '<td>0.500'
figures 50
check "100 have one" eval 'page_has "<td>0.250" && page_lacks "<td>0.375"'
check "50 requests have none" eval 'page_has "<td>1.25" && page_lacks "<td>2.50"'
figures 500
check "1000 stops have a p99.9" page_has '<td>0.375'
check "500 requests have a p99 only" eval 'page_has "<td>2.50" && page_lacks "<td>3.75"'
figures 1000
check "1000 have a p99.9, too" page_has '<td>3.75'

# served LATE - a server whose requests came in for a second
served() {
  bench gc "{$row, \"requests\": {\"count\": 5, \"schedule_ms\": 1000, \"late_ms\": $1}}"
  try "$pgbarrier" report "$input" -o "$page"
}
served 51
check "a server that ended late did not keep up" page_has 'did not keep up</bdi>'
check "and by how much is told" page_has '<td>51</td>'
served 50
check "one that ended nearly in time did" page_lacks 'did not keep up</bdi>'

# stopped MEMBERS - a row with a timeline and utilisation, and these members
stopped() {
  bench gc "{$row, \"mmu\": [[10, 0.25], [50, 0.5]], \"timeline\": [[1, 8]]$1}"
  try "$pgbarrier" report "$input" -o "$page"
}
stopped ', "mmu_complete": true, "timeline_complete": true'
check "utilisation of all stops is a share" eval 'page_has "<td>25 %</td>" && page_lacks "≤"'
check "and nothing is said of the first" eval \
  'page_lacks "only the first" && page_lacks "of the first stops" && page_lacks "perhaps not"'
stopped ', "mmu_complete": false, "timeline_complete": false'
check "of the first stops it is at most that" eval \
  'page_has "<td>≤ 25 %</td>" && page_lacks "<td>25 %"'
check "the plot says it" page_has ': of the first stops only'
check "and so does the timeline" page_has 'only the first stops'
stopped ''
check "what does not say that it is complete" page_has '<td>≤ 25 %</td>'
check "is not taken as complete" \
  eval 'page_has ": perhaps not of all stops" && page_has "perhaps not all stops</text>"'

# What a ratio is to.
row_to() {
  printf '{"bench": "harvest", "backend": "%s", "unit": "ns/page", "density": 0,
    "value": {"median": 2}, "ratio": {"to": %s, "median": 3}}' "$1" "$2"
}
bench primitives "$(row_to a '"b"'), $(row_to c '"d"')"
try "$pgbarrier" report "$input" -o "$page"
check "ratios to different things" page_has '>ratio</th>'
check "are not said to be to one" eval 'page_lacks ">of b</th>" && page_lacks ">of d</th>"'
bench primitives "$(row_to a null)"
try "$pgbarrier" report "$input" -o "$page"
check "a ratio to nobody knows what" page_has '>ratio</th>'

echo '{"program": ["true"], "exit": {"status": 0}, "wall_ns": 1, "processes": []}' >"$input"
refused "a program without libgc" "no process in it has loaded libgc"

# Little, and much.
faces=$(printf '%064d' 0 | sed 's/0/😀/g')
sed "s/\"cpu\": \"[^\"]*\"/\"cpu\": \"$faces\"/" "$samples/gc.json" >"$input"
try "$pgbarrier" report "$input" -o "$page"
check "a text that is cut within a character" status_is 0
if command -v xmllint >/dev/null; then
  check "and the page is sound" xmllint --noout "$page"
else
  skip "and the page is sound" "xmllint is not installed"
fi
bench gc "{$row}"
try "$pgbarrier" report "$input" -o "$page"
check "a row of nothing but its name" status_is 0
check "has no plots" page_lacks '<figure'
bench gc "{$row, \"mmu\": [[1e-9, 1], [1e18, 0]], \"pauses\": {\"count\": 1e18,
  \"histogram\": [[1e-320, 3], [1e18, 1e18]]}, \"timeline\": [[1e18, 1e18], [0, 0]]}"
try timeout 20 "$pgbarrier" report "$input" -o "$page"
check "the ends of what can be measured" status_is 0
check "are places in a plot" eval '! grep -qiE "[\" ](-?nan|-?inf)" "$page"'

finish
