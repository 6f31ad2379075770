# SPDX-License-Identifier: MIT
# reported.sh - what is in the report of a guest in which something was to go wrong; sourced
# by the tests here, after tests/gc/lib.sh.

# reported FILE - its test points that failed, without numbers and the version
reported() {
  sed -n 's/^not ok [0-9]* - [^:]*: //p' "$1"
}

# fails_as FILE LINE... - these points failed, no others, and the report is complete
fails_as() {
  file=$1
  shift
  for line; do
    echo "$line"
  done > "$scratch/expected"
  reported "$file" | cmp -s - "$scratch/expected" &&
    [ "1..$(grep -c -E '^(not )?ok ' "$file")" = "$(grep '^1\.\.' "$file")" ] && return
  cat "$file"
  return 1
}

says() {
  grep -q -e "$2" "$1" && return
  cat "$1"
  return 1
}
