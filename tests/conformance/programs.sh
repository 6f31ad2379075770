# SPDX-License-Identifier: MIT
# programs.sh - run programs of the suite as one test; sourced.

# run_programs NAMES - each is a test point, and complains only when it fails.
run_programs()
{
  said=$(mktemp) || exit 99
  trap 'rm -f "$said"' EXIT
  number=0
  for program in $1; do
    number=$((number + 1))
    if "$top_builddir/tests/conformance/$program" > "$said" 2>&1; then
      echo "ok $number - $program"
    else
      echo "not ok $number - $program"
      grep -e '^not ok' -e '^pgbarrier: ' -e '^#' "$said" | sed 's/^/#   /'
    fi
  done
  echo "1..$number"
}
