# SPDX-License-Identifier: MIT
# planting-core.sh - plant faults in a copy of the core, and run programs over backends;
# sourced by the mutations.sh of conformance, torture and fault.
#
# Their arguments are CC CFLAGS LIBS; $top is the top of the sources.  Who sources this may
# set $patience, the seconds that a program may take, and $suites, where programs are.

compiler=$1
flags="-std=gnu11 -O1 -g -pthread -D_GNU_SOURCE $2"
libraries="$3 -lpthread"
. "$top/tests/planting.sh"
patience=20
suites='conformance torture unit'
PGB_TEST_SCALE=${PGB_TEST_SCALE:-20}
CMOCKA_MESSAGE_OUTPUT=TAP
export PGB_TEST_SCALE PGB_TEST_BACKENDS CMOCKA_MESSAGE_OUTPUT

# compile SOURCE OBJECT - with the headers of the copy.
compile()
{
  $compiler $flags -I"$work/core" -I"$work/core/include" -I"$top/tests/conformance" \
    -I"$top/tests/torture" -I"$top/tests/fault" -c "$1" -o "$2"
}

# link PROGRAM - of the first suite that has it, with the core as it is now.
link()
{
  for suite in $suites; do
    source=$top/tests/$suite/$1.c
    [ ! -e "$source" ] || break
  done
  [ -e "$work/$1.o" ] || compile "$source" "$work/$1.o" || return
  $compiler $flags -o "$work/$1" "$work/$1.o" "$work"/shared/*.o "$work"/objects/*.o $libraries
}

# object_of SOURCE - where its object goes.
object_of()
{
  echo "$work/objects/$(echo "${1%.c}" | tr / -).o"
}

prepare()
{
  mkdir -p "$work/objects" "$work/shared" "$work/core" &&
    cp -R "$top/src/." "$work/core" && cp -R "$top/include" "$work/core" &&
    echo '#define PACKAGE_VERSION "0.0.0"' > "$work/core/build-config.h" &&
    cd "$work/core" || return
  for source in *.c os/*.c backend/*.c fault/*.c; do
    compile "$source" "$(object_of "$source")" || return
  done
  for source in conformance/actor conformance/harness conformance/kernel_writes \
    conformance/model conformance/watch torture/mirror fault/stage; do
    compile "$top/tests/$source.c" "$work/shared/${source#*/}.o" || return
  done
}

rebuild()
{
  compile "$1" "$(object_of "$1")"
}

# notices PROGRAMS [BACKENDS] - does one of them fail?  Says which case.
notices()
{
  PGB_TEST_BACKENDS=${2:-uffd-async mprotect}
  for program in $1; do
    link "$program" 2> "$work/errors" || {
      sed 's/^/# /' "$work/errors"
      return 2
    }
    timeout -s KILL "$patience" "$work/$program" > "$work/output" 2> "$work/errors" && continue
    if grep -m 1 '^not ok [0-9]* - ' "$work/output" > "$work/first"; then
      sed "s/^not ok [0-9]* -*/#   $program:/" "$work/first"
    else
      echo "#   $program ended before its time"
    fi
    return 0
  done
  return 1
}
