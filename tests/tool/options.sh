#!/bin/sh
# SPDX-License-Identifier: MIT
# options.sh - what the command says of itself, and to whom it says no.

. "$top_srcdir/tests/tool/tap.sh"

# Wrong usage: status 2, and a line that says what and what would be right.
# refuses NAME WORDS COMMAND...
refuses() {
  name=$1
  words=$2
  shift 2
  try "$@"
  check "$name: status 2" status_is 2
  check "$name: the message" err_has "$words"
  check "$name: nothing on standard output" out_is ""
}

try "$pgbarrier" --help
check "--help succeeds" status_is 0
check "--help names run" out_has "run "
check "--help names doctor" out_has "doctor "
check "--help names bench" out_has "bench "

try "$pgbarrier" --version
check "--version succeeds" status_is 0
check "--version is one line" grep -qx 'pgbarrier [0-9.]*' "$out"

for command in run doctor bench; do
  try "$pgbarrier" "$command" --help
  check "$command --help succeeds" status_is 0
  check "$command --help says how it is used" out_has "Usage: pgbarrier $command"
done

try "$pgbarrier" run --help
"$settings" >"$scratch/settings"
check "there are settings" test -s "$scratch/settings"
while read -r variable flag fallback; do
  case $flag in
    -) check "--help does not show $variable" eval '! out_has "$variable"' ;;
    *)
      check "--help shows --$flag" grep -qe "--$flag\\[*=" "$out"
      [ "$fallback" = - ] && words="no default." || words="default: $fallback."
      check "--help shows the default of --$flag" \
        eval 'tr -s " \n" " " <"$out" | grep -qF -e "$words"'
      ;;
  esac
done <"$scratch/settings"

refuses "no command" "run, doctor, bench and report" "$pgbarrier"
refuses "unknown command" "'frobnicate'" "$pgbarrier" frobnicate
refuses "no program" "no program given" "$pgbarrier" run
refuses "no program behind --" "no program given" "$pgbarrier" run --
refuses "unknown option" "--colour" "$pgbarrier" run --colour true
refuses "wrong choice" '--design is "C"; allowed: auto, A, B or none' \
  "$pgbarrier" run --design=C true
refuses "wrong number" '--pause is "soon"; allowed: a whole number from 1 to 10000' \
  "$pgbarrier" run --pause=soon true
refuses "wrong switch" '--verify is "yes"; allowed: 0 or 1' \
  "$pgbarrier" run --verify=yes true
refuses "wrong variable" 'PGBARRIER_BACKEND is "tlb"; allowed: auto' \
  env PGBARRIER_BACKEND=tlb "$pgbarrier" run true
refuses "unknown variable" "PGBARRIER_BACKENDS is no setting; allowed: PGBARRIER_BACKEND" \
  env PGBARRIER_BACKENDS=auto "$pgbarrier" run true
refuses "pause and mode off" "needs mode incremental, but the mode given is off" \
  "$pgbarrier" run --pause=5 --mode=off true
refuses "pause and mode generational" "the mode given is generational" \
  env PGBARRIER_MODE=generational "$pgbarrier" run --pause=5 true
refuses "argument to doctor" "" "$pgbarrier" doctor now
refuses "unknown option to doctor" "--colour" "$pgbarrier" doctor --colour
refuses "unknown suite" "'teapots'; there are primitives, gc and programs" \
  "$pgbarrier" bench teapots
refuses "two suites" "one suite at a time" "$pgbarrier" bench gc programs
refuses "unknown option to bench" "--colour" "$pgbarrier" bench --colour

finish
