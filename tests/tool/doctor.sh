#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor.sh - `pgbarrier doctor` for people and for programs, root or not.

. "$top_srcdir/tests/tool/tap.sh"

# diagnosis_is PATH VALUE - of the last `doctor --json`.
diagnosis_is() { [ "$("$json" "$out" "$1")" = "$2" ]; }

# Does the exit status say what the chosen backend can do?
status_fits() {
  chosen=$("$json" "$out" chosen)
  expected=1
  i=0
  while name=$("$json" "$out" backends.$i.name); do
    j=0
    while capability=$("$json" "$out" backends.$i.capabilities.$j); do
      if [ "$name" = "$chosen" ] && [ "$capability" = "no signals" ]; then
        expected=0
      fi
      j=$((j + 1))
    done
    i=$((i + 1))
  done
  [ "$status" -eq $expected ]
}

# Whatever cannot run must say why, and what is chosen must run.
reasons_fit() {
  i=0
  while name=$("$json" "$out" backends.$i.name); do
    runs=$("$json" "$out" backends.$i.runs)
    reason=$("$json" "$out" backends.$i.reason)
    [ "$runs" = true ] && [ "$reason" != null ] && return 1
    [ "$runs" = false ] && [ "$reason" = null ] && return 1
    [ "$name" = "$("$json" "$out" chosen)" ] && [ "$runs" = false ] && return 1
    i=$((i + 1))
  done
  [ $i -gt 0 ]
}

# Of the last `doctor --json`.
backend_names() {
  i=0
  while "$json" "$out" backends.$i.name; do
    i=$((i + 1))
  done
}

# examine WHO PREFIX...
examine() {
  who=$1
  shift
  try "$@" "$pgbarrier" doctor --json
  check "$who: JSON" diagnosis_is "" "backends because chosen host preload version"
  check "$who: what it says of the machine" diagnosis_is host \
    "dev_userfaultfd dev_userfaultfd_reason kernel libgc machine max_map_count module page_size \
release soft_dirty stock_baseline uid unprivileged_userfaultfd"
  check "$who: the kernel" diagnosis_is host.release "$(uname -r)"
  check "$who: the page size" diagnosis_is host.page_size "$(getconf PAGESIZE)"
  check "$who: the user" diagnosis_is host.uid "$("$@" id -u)"
  check "$who: vm.max_map_count" diagnosis_is host.max_map_count \
    "$(cat /proc/sys/vm/max_map_count)"
  check "$who: a reason for each that cannot run" reasons_fit
  check "$who: the exit status" status_fits
  check "$who: nothing on standard error" err_lines 0
  machine_status=$status
  backend_names >"$scratch/names"
  check "$who: the backends are listed" grep -qx null "$scratch/names"

  try "$@" "$pgbarrier" doctor
  check "$who: the same exit status for people" status_is "$machine_status"
  while read -r name; do
    check "$who: a line for $name" grep -q "^$name  *\(yes\|no: .\)" "$out"
  done <"$scratch/names"
  # Above the backends are names of files, which are as long as they are.
  check "$who: 80 columns are enough" eval '! sed "1,/^\$/d" "$out" | grep "^.\{81\}"'
  check "$who: what is chosen" grep -q '^chosen  *[a-z-]*: .' "$out"
}

examine "$(id -un)" env
if [ "$(id -u)" -ne 0 ]; then
  skip "another user" "only root can run it as somebody else"
elif ! command -v setpriv >/dev/null; then
  skip "another user" "there is no setpriv"
elif ! setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$pgbarrier"; then
  skip "another user" "nobody else can read the build folder"
else
  examine nobody setpriv --reuid=65534 --regid=65534 --clear-groups
fi

try "$pgbarrier" doctor --json --measure
i=0
while name=$("$json" "$out" backends.$i.name); do
  if [ "$("$json" "$out" backends.$i.runs)" = true ]; then
    check "times of $name" diagnosis_is backends.$i.timing \
      "arm_ns clean_harvest_ns_per_page dirty_harvest_ns_per_page first_write_ns_per_page"
    check "its first write takes time" eval \
      '"$json" "$out" backends.$i.timing.first_write_ns_per_page | grep -q "[1-9]"'
  else
    check "no times of $name, which cannot run" \
      eval '! "$json" "$out" backends.$i.timing'
  fi
  i=$((i + 1))
done
check "backends were measured" test $i -gt 0

try "$pgbarrier" doctor --measure
check "times for people" grep -q '^mprotect .* ms .* ns/page' "$out"
# Of the backend whose figures are short on any machine.
check "each heading ends where its figures do" awk '
  /median of/ {
    count = split("arm,first write,dirty harvest,clean harvest", heading, ",")
    for (i = 1; i <= count; i++)
      end[i] = index($0, heading[i]) + length(heading[i])
  }
  count && /^null / {
    for (i = 1; i <= count; i++)
      ended += substr($0, end[i] - 1, 2) ~ /^[es] ?$/
  }
  END { exit ended != 4 }' "$out"

try env sh -c '"$0" doctor >/dev/full' "$pgbarrier"
check "a full disk is a failure" status_is 1
check "that is told of" err_has "No space left"

finish
