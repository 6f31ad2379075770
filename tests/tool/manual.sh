#!/bin/sh
# SPDX-License-Identifier: MIT
# manual.sh - the manual pages are well-formed, complete and right.

. "$top_srcdir/tests/tool/tap.sh"

command_page=$top_builddir/docs/man/pgbarrier.1
bench_page=$top_srcdir/docs/man/pgbarrier-bench.1
library_page=$top_srcdir/docs/man/pgbarrier.3
fault_page=$top_srcdir/docs/man/pgbarrier_fault.3
report_page=$top_srcdir/docs/man/pgbarrier-report.1
settings_page=$top_builddir/docs/man/pgbarrier-environment.7

for page in "$command_page" "$bench_page" "$report_page" "$library_page" "$fault_page" \
  "$settings_page"; do
  if command -v mandoc >/dev/null; then
    # What it says of its own index on this machine is no fault of the page.
    try mandoc -Tlint -Wwarning "$page"
    grep -v '^mandoc: outdated ' "$err" >"$scratch/faults"
    check "no warnings in ${page##*/}" test ! -s "$scratch/faults" -a ! -s "$out"
  else
    skip "no warnings in ${page##*/}" "mandoc is not installed"
  fi
done

"$pgbarrier" bench --help >"$scratch/bench"
for flag in $(grep -o -e '--[a-z]*' "$scratch/bench" | grep -v -e help -e usage -e version); do
  check "$flag of bench is listed" grep -q "^\.It Fl -${flag#--}\>" "$bench_page"
done

"$settings" >"$scratch/settings"
check "there are settings" test -s "$scratch/settings"
while read -r variable flag fallback; do
  if [ "$flag" = - ]; then
    check "$variable is hidden" eval '! grep -q "$variable" "$settings_page"'
    continue
  fi
  check "$variable is listed" grep -q "^\.It Ev $variable " "$settings_page"
  check "--$flag is listed" grep -q "^\.It Fl -$flag " "$command_page"
  if [ "$fallback" != - ]; then
    check "with its default" eval \
      'sed -n "/^\.It Ev $variable /,/^\.Ql/p" "$settings_page" | grep -q "^\.Ql $fallback "'
  fi
done <"$scratch/settings"

# describes PAGE HEADER - the header is the truth about the library.
describes() {
  page=$1
  header=$top_srcdir/include/$2
  functions=$(sed "/^ \*/d; /^typedef/d" "$header" | grep -o "pgb_[a-z_]*(" | tr -d "(" | sort -u)
  check "there are functions in $2" test -n "$functions"
  for function in $functions; do
    check "$function has a synopsis" grep -qx "\.F[no] $function\( .*\)\?" "$page"
    check "$function has a name" grep -qx "\.Nm $function\( ,\)\?" "$page"
  done
  for constant in $(sed -n 's/^\t\(PGB_[A-Z_]*\).*/\1/p' "$header"); do
    check "$constant is explained" grep -q "^\.It Dv $constant" "$page"
  done
  sed -n '/^\.Sh ERRORS/,/^\.Sh SEE/p' "$page" >"$scratch/errors"
  # Lines of errors begin with them.
  errors=$(sed -n 's/^ \* \(-E[-A-Z, ]*\).*/\1/p' "$header" | grep -o -e '-E[A-Z]*' | sort -u)
  for error in $(echo "$errors" | tr -d -); do
    check "${page##*/}: $error is among the errors" grep -q "Er .*\<$error\>" "$scratch/errors"
  done
}
describes "$library_page" pgbarrier.h
describes "$fault_page" pgbarrier_fault.h

# The example, without the roff around it.
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$library_page" |
  sed -n '/^\.Bd/,/^\.Ed/{/^\./!p;}' | sed 's/\\e/\\/g' >"$scratch/example.c"
if [ ! -e "$top_builddir/.libs/libpgbarrier.so" ]; then
  skip "the example" "libpgbarrier.so is not built"
elif ! command -v cc >/dev/null; then
  skip "the example" "there is no cc"
elif grep -q __asan_init "$top_builddir/.libs/libpgbarrier.so"; then
  skip "the example" "the library needs the sanitizers' run-time, which cc does not add"
else
  try cc -Wall -Wextra -Werror -I"$top_srcdir/include" "$scratch/example.c" \
    -L"$top_builddir/.libs" -lpgbarrier -o "$scratch/example"
  check "the example compiles" status_is 0
  try env LD_LIBRARY_PATH="$top_builddir/.libs" "$scratch/example"
  check "and runs" status_is 0
  check "and finds the page that was written" grep -q '^written: ' "$out"
fi

finish
