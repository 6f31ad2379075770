# SPDX-License-Identifier: MIT
# kernel.sh - what `pgbarrier doctor` says of this kernel; sourced by the tests here.

. "$top_srcdir/tests/gc/lib.sh"

diagnosis=$scratch/diagnosis
# Its status says whether there is a backend without signals, which is not asked here.
"$pgbarrier" doctor --json > "$diagnosis" || :

# said PATH - a value of it
said() {
  "$top_builddir/tests/tool/json-get" "$diagnosis" "$1"
}

# index_of BACKEND - where it is
index_of() {
  index=0
  while name=$(said "backends.$index.name"); do
    [ "$name" = "$1" ] && echo "$index" && return
    index=$((index + 1))
  done
  return 1
}

# backends - the names of all
backends() {
  index=0
  while said "backends.$index.name"; do
    index=$((index + 1))
  done
}

# runs BACKEND
runs() {
  [ "$(said "backends.$(index_of "$1").runs")" = true ]
}

# reason_of BACKEND - why it does not
reason_of() {
  said "backends.$(index_of "$1").reason"
}

# takes_no_signals BACKEND
takes_no_signals() {
  where=backends.$(index_of "$1").capabilities
  which=0
  while capability=$(said "$where.$which"); do
    [ "$capability" = 'no signals' ] && return
    which=$((which + 1))
  done
  return 1
}

# since MAJOR MINOR - is this kernel that, or later?
since() {
  release=$(uname -r)
  major=${release%%.*}
  minor=${release#*.}
  minor=${minor%%[!0-9]*}
  [ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}
