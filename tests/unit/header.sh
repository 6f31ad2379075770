#!/bin/sh
# SPDX-License-Identifier: MIT
# header.sh - the headers stand alone, in C of any year and in C++.

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
number=0

# compiles NAME COMPILER FLAGS... - a file of that language with nothing but the header.
compiles()
{
  name=$1
  number=$((number + 1))
  shift
  if ! command -v "$1" > /dev/null; then
    echo "ok $number - $name # SKIP there is no $1 here"
  elif "$@" -I"$top_srcdir/include" -o "$work/object" 2> "$work/complaints" \
    -Wall -Wextra -Werror -pedantic-errors -c "$work/alone"; then
    echo "ok $number - $name"
  else
    sed 's/^/# /' "$work/complaints"
    echo "not ok $number - $name"
  fi
}

echo 1..12
for header in pgbarrier.h pgbarrier_fault.h; do
  printf '#include <%s>\n#include <%s>\nextern int nothing;\n' $header $header > "$work/alone"
  compiles "$header: C11" cc -std=c11 -x c
  compiles "$header: C99" cc -std=c99 -x c
  compiles "$header: C++11" c++ -std=c++11 -x c++
  compiles "$header: C++20" c++ -std=c++20 -x c++
  compiles "$header: clang" clang -std=c11 -Weverything -Wno-padded -x c
done

# A broken header has to be noticed, or the rest says nothing.
printf '#include <pgbarrier.h>\nint broken = pgb_open;\n' > "$work/alone"
if cc -std=c11 -pedantic-errors -Werror -I"$top_srcdir/include" -x c -c "$work/alone" \
  -o "$work/object" 2> /dev/null; then
  echo "not ok 11 - what is wrong is noticed"
else
  echo "ok 11 - what is wrong is noticed"
fi

# C++ finds the functions of a C library.
cat > "$work/alone" <<'END'
#include <pgbarrier.h>
#include <pgbarrier_fault.h>
int main() { return pgb_version()[0] == '\0' || pgb_fault_fd(0) >= 0; }
END
if ! command -v c++ > /dev/null; then
  echo "ok 12 - C++ links with the library # SKIP there is no c++ here"
elif c++ -I"$top_srcdir/include" -x c++ "$work/alone" -x none -o "$work/program" \
  "$top_builddir/.libs/libpgbarrier.so" 2> "$work/complaints" &&
  LD_LIBRARY_PATH=$top_builddir/.libs "$work/program"; then
  echo "ok 12 - C++ links with the library"
else
  sed 's/^/# /' "$work/complaints"
  echo "not ok 12 - C++ links with the library"
fi
