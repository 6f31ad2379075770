#!/bin/sh
# SPDX-License-Identifier: MIT
# symbols.sh - libpgbarrier.so exports the functions of its headers, and nothing else.

map=$top_srcdir/src/libpgbarrier.map
library=$top_builddir/.libs/libpgbarrier.so
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
number=0

# result STATUS NAME - one line of TAP.
result()
{
  number=$((number + 1))
  [ "$1" -eq 0 ] && echo "ok $number - $2" || echo "not ok $number - $2"
}

# The same lines in both files, or a comment for each that is not.
same()
{
  diff "$1" "$2" > "$work/difference" && return
  sed 's/^/# /' "$work/difference"
  return 1
}

# Names before an opening bracket, outside of comments, typedefs and visitors.
declared()
{
  cat "$top_srcdir"/include/*.h | tr '\n' ' ' |
    sed 's,/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/, ,g' |
    tr ';' '\n' | grep -v typedef |
    grep -o '\<pgb_[a-z_]*(' | tr -d '(' | sort -u
}

echo 1..4
declared > "$work/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
  sort > "$work/exported"
sed -n 's/^[[:space:]]*\(pgb_[a-z_]*\);$/\1/p' "$map" | sort > "$work/mapped"

[ "$(wc -l < "$work/declared")" -gt 10 ]
result $? "the headers declare functions"
same "$work/declared" "$work/exported"
result $? "the library exports them, and nothing else"
same "$work/declared" "$work/mapped"
result $? "the symbol map names them, and nothing else"
nm -D --defined-only "$library" | grep -v ' A ' | grep -v '@@PGBARRIER_0$' |
  sed 's/^/# /' > "$work/unversioned"
cat "$work/unversioned"
[ ! -s "$work/unversioned" ]
result $? "every symbol has a version"
