#!/bin/sh
# SPDX-License-Identifier: MIT
# report-browser.sh - the page of `pgbarrier report` in a browser, on a phone and on a desk, in light
# and dark.

. "$top_srcdir/tests/tool/tap.sh"

samples=$top_srcdir/tests/tool/report
seen=$scratch/seen

for name in chromium chromium-browser google-chrome ''; do
  command -v "$name" >/dev/null && break
done
[ -n "$name" ] || skip_all "Chromium is not installed"
# Its own sandbox does not let root in; the page is ours.
[ "$(id -u)" -ne 0 ] || unsandboxed=--no-sandbox

# browse FILE - what the file is after its scripts have run, in $out; its messages in $err.
browse() {
  try timeout 120 "$name" --headless $unsandboxed --disable-gpu --disable-dev-shm-usage \
    --no-first-run --user-data-dir="$scratch/profile" --allow-file-access-from-files \
    --enable-logging=stderr --window-size=1700,1000 --dump-dom "file://$1"
}

# look - at $scratch/page.html; what browser.html says of it is in $seen.
look() {
  cp "$samples/browser.html" "$scratch/browser.html"
  browse "$scratch/browser.html"
  grep -E '^(ok|not ok|phone|desk|phone-dark|desk-dark) ' "$out" >"$seen"
  # For whoever reads the log.
  cp "$seen" "$out"
  grep CONSOLE "$err" >"$scratch/console"
  cp "$scratch/console" "$err"
}

# For `check`.
console_is_quiet() { [ ! -s "$err" ]; }
found() { grep -q "^not ok phone: $1" "$seen"; }
found_in_the_dark_alone() {
  grep -q "^not ok phone-dark: $1" "$seen" && grep -q "^ok phone: $1" "$seen"
}

echo '<p>here</p>' >"$scratch/page.html"
browse "$scratch/page.html"
out_has here || skip_all "Chromium does not start here: $(tail -n 1 "$err")"

# looks_good TITLE FIGURES FILE...
looks_good() {
  title=$1
  figures=$2
  shift 2
  "$pgbarrier" report "$@" -o "$scratch/page.html"
  look
  check "$title: has $figures figures" \
    eval '[ "$(grep -cE "^(phone|desk)(-dark)? $figures figures$" "$seen")" -eq 4 ]'
  check "$title: nothing to complain of in the console" console_is_quiet
  grep -E '^(not )?ok' "$seen" >"$scratch/checks"
  check "$title: was looked at" test -s "$scratch/checks"
  while read -r verdict rest; do
    rest=${rest#ok }
    view=${rest%%: *}
    rest=${rest#*: }
    check "$title: $view: ${rest%%: *}" test "$verdict" = ok
  done <"$scratch/checks"
}

looks_good "everything" 19 "$samples/primitives.json" "$samples/gc.json" \
  "$samples/stats.json" "$samples/stats-stock.json" "$samples/stats-old.json"
looks_good "hostile names" 3 "$samples/hostile.json"

# Pages that are not as they should be are found out.
"$pgbarrier" report "$samples/stats.json" >"$scratch/good.html"
plant() {
  sed "$1" "$scratch/good.html" >"$scratch/page.html"
  look
}
plant 's,</main>,<div style="width: 500px">.</div></main>,'
check "what is too wide is seen" found "nothing is wider"
plant 's,<path class="bars"[^>]*>,,'
check "what has no marks is seen" found "every plot has its marks"
plant 's,font: 12.5px,font: 5px,; s,font-size: 1[0-9.]*px,font-size: 5px,'
check "what is too small is seen" found "letters can be read"
plant '/prefers-color-scheme: dark/,/^}/ s,--soft: #[0-9a-f]*,--soft: #333333,'
check "what is too faint in the dark is seen" found_in_the_dark_alone "everything stands out"
plant 's,prefers-color-scheme: dark,prefers-color-scheme: no,'
check "a page without dark colours is seen" found_in_the_dark_alone "the colours are those"
plant 's,</main>,<script>console.error("no")</script></main>,'
check "what the console says is seen" eval '! console_is_quiet'

finish
