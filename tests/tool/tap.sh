# SPDX-License-Identifier: MIT
# tap.sh - what the shell tests of the command share; read by each of them.
#
# A test is a line `check NAME COMMAND...`, which passes if the command does.

tested=0
pgbarrier=$top_builddir/pgbarrier
preload=$top_builddir/.libs/pgbarrier-bdwgc.so
json="$top_builddir/tests/tool/json-get"
settings="$top_builddir/tests/tool/list-settings"

# Nothing of the caller's is to show.
unset LD_PRELOAD
for variable in $(env | sed -n 's/^\(PGBARRIER_[A-Z_]*\)=.*/\1/p'); do
  unset "$variable"
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pgbarrier-test-XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
err=$scratch/err
status=

# say - how the last `try` ended, as comments for whoever reads the log.
say() {
  echo "# status $status"
  sed 's/^/# stdout: /' "$out"
  sed 's/^/# stderr: /' "$err"
}

# try COMMAND... - run it; its status and output are in $status, $out and $err.
try() {
  status=0
  "$@" >"$out" 2>"$err" </dev/null || status=$?
}

check() {
  tested=$((tested + 1))
  check_name=$1
  shift
  if "$@"; then
    echo "ok $tested - $check_name"
  else
    echo "not ok $tested - $check_name"
    say
  fi
}

# skip NAME REASON
skip() {
  tested=$((tested + 1))
  echo "ok $tested - $1 # SKIP $2"
}

finish() {
  echo "1..$tested"
  exit 0
}

# skip_all REASON - as the first output of a script.
skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

need_preload() {
  [ -e "$preload" ] || skip_all "the preload has not been built"
  if grep -q __asan_init "$preload"; then
    skip_all "a preload with AddressSanitizer works only in programs built with it"
  fi
}

# For `check`.
status_is() { [ "$status" -eq "$1" ]; }
out_is() { [ "$(cat "$out")" = "$1" ]; }
out_has() { grep -qF -e "$1" "$out"; }
err_has() { grep -qF -e "$1" "$err"; }
err_lines() { [ "$(wc -l <"$err")" -eq "$1" ]; }
