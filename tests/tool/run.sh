#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh - what `pgbarrier run` hands to the program, and what it says before.

. "$top_srcdir/tests/tool/tap.sh"
need_preload

# script FILE LINE - a script that begins so.
script() {
  printf '%b\n' "$2" >"$1"
  chmod +x "$1"
}

# refused PROGRAM WORDS - because of an interpreter.
refused() {
  try "$pgbarrier" run $report "$1"
  check "${1##*/} cannot be interpreted: 126$with" status_is 126
  check "and why$with" err_has "$1: its $2"
  check "on one line$with" err_lines 1
}

script "$scratch/missing" "#! $scratch/none -a"
script "$scratch/unable" "#!$scratch/plain"
script "$scratch/folder" "#!$scratch"
script "$scratch/nested" "#!$scratch/missing"
script "$scratch/dos" '#!/bin/sh\r'
sed 's|/lib\([0-9]*\)/ld|/bil\1/ld|' "$json" >"$scratch/unloaded"
chmod +x "$scratch/unloaded"

for report in "" "--stats=$scratch/report"; do
  with=${report:+ with --stats}

  try "$pgbarrier" run --log=off $report sh -c 'exit 7'
  check "the exit status is the program's$with" status_is 7
  try "$pgbarrier" run --log=off $report -- sh -c 'echo "$1"; echo "$2" >&2' sh -a '--b c'
  check "arguments behind the program are its own$with" out_is "-a"
  check "so is its standard error$with" test "$(cat "$err")" = "--b c"
  echo input >"$scratch/in"
  try sh -c '"$0" run --log=off '"$report"' cat <"$1"' "$pgbarrier" "$scratch/in"
  check "so is its standard input$with" out_is "input"

  try "$pgbarrier" run $report "$scratch/none"
  check "a program that is not there: 127$with" status_is 127
  check "and its name$with" err_has "$scratch/none"
  try env PATH="$scratch" "$pgbarrier" run $report pgbarrier-no-such-program
  check "nor in PATH: 127$with" status_is 127
  check "which is where it was looked for$with" err_has "no folder in PATH has it"
  try "$pgbarrier" run $report ''
  check "an empty name: 127$with" status_is 127
  check "and that it is empty$with" err_has "the name of the program is empty"
  echo >"$scratch/plain"
  try "$pgbarrier" run $report "$scratch/plain"
  check "a file that is no program: 126$with" status_is 126
  check "and why$with" err_has "$scratch/plain: it is not executable"
  try env PATH="$scratch" "$pgbarrier" run $report plain
  check "also if it is in PATH$with" status_is 126
  check "and where$with" err_has "$scratch/plain: it is not executable"
  try "$pgbarrier" run $report "$scratch"
  check "a directory: 126$with" status_is 126
  check "and that it is one$with" err_has "$scratch: it is a directory"

  refused "$scratch/missing" "interpreter $scratch/none is missing"
  refused "$scratch/unable" "interpreter $scratch/plain is not executable"
  refused "$scratch/folder" "interpreter $scratch is a directory"
  refused "$scratch/nested" "interpreter $scratch/none is missing"
  refused "$scratch/dos" "first line ends with a carriage return"
  if grep -q /bil "$scratch/unloaded"; then
    refused "$scratch/unloaded" "interpreter /bil"
  else
    skip "unloaded cannot be interpreted" "programs are loaded from elsewhere here"
  fi

  try env LD_PRELOAD=/a/b.so "$pgbarrier" run --log=off $report sh -c 'echo "$LD_PRELOAD"'
  check "LD_PRELOAD is kept, behind ours$with" out_is "$preload:/a/b.so"
  try "$pgbarrier" run --log=off $report "$pgbarrier" run --log=off sh -c 'echo "$LD_PRELOAD"'
  check "LD_PRELOAD names the preload once$with" out_is "$preload"
done

try "$pgbarrier" run --log=off sh -c 'echo "$LD_PRELOAD $$ $PGBARRIER_ROOT_PID"'
check "the program is told which process it is" \
  awk '{ exit !($2 == $3) }' "$out"
check "LD_PRELOAD is the preload alone" grep -q "^$preload [0-9]" "$out"

env | grep -v '^_=' | sort >"$scratch/before"
try sh -c '"$0" run --log=off --pause=5 env | grep -v "^_=" | sort' "$pgbarrier"
check "nothing else in the environment changes" eval 'diff "$scratch/before" "$out" |
  grep "^[<>]" | sort | sed "s/ROOT_PID=.*/ROOT_PID/" >"$scratch/difference"
  printf "> %s\n" "LD_PRELOAD=$preload" PGBARRIER_LOG=off PGBARRIER_PAUSE=5 \
    PGBARRIER_ROOT_PID | diff - "$scratch/difference" | sed "s/^/# /"
  printf "> %s\n" "LD_PRELOAD=$preload" PGBARRIER_LOG=off PGBARRIER_PAUSE=5 \
    PGBARRIER_ROOT_PID | cmp -s - "$scratch/difference"'

try env PGBARRIER_DESIGN=B "$pgbarrier" run --log=off --design=none \
  sh -c 'echo $PGBARRIER_DESIGN'
check "a flag overrides its variable" out_is none
try env PGBARRIER_VERIFY=0 "$pgbarrier" run --log=off --verify sh -c 'echo $PGBARRIER_VERIFY'
check "a flag alone means what it says" out_is 1

# A program without libgc may be there to start others.
try "$pgbarrier" run sh -c :
check "a program without libgc is told of" \
  err_has "sh: libgc is not among the shared objects of the program, so it runs as without"
check "and that this is not about others" err_has "; what it starts is still served"
check "on one line" err_lines 1
if [ -x "$top_builddir/tests/tool/collect" ]; then
  # Design none, so that libgc has nothing to say where no backend can run.
  for start in env "sh -c \$@;: sh"; do
    try "$pgbarrier" run --design=none --stats="$scratch/report" $start \
      "$top_builddir/tests/tool/collect" 5
    check "${start%% *} is told of" err_has "${start%% *}: libgc is not among"
    check "on one line" err_lines 1
    check "and what it starts is served" \
      eval '[ "$("$json" "$scratch/report" processes)" -eq 1 ]'
  done

  # With the command, these are errors.
  try env LD_PRELOAD="$preload" PGBARRIER_DESING=A PGBARRIER_DESIGN=none \
    "$top_builddir/tests/tool/collect" 5
  check "the preload goes on without an unknown variable" status_is 0
  check "and says that it ignores it" \
    eval 'grep -q "PGBARRIER_DESING is no setting.*; it is ignored$" "$err"'
  try env LD_PRELOAD="$preload" PGBARRIER_MODE=fast PGBARRIER_DESIGN=none \
    "$top_builddir/tests/tool/collect" 5
  check "and with the default for an unknown value" \
    eval 'grep -q "PGBARRIER_MODE is \"fast\".*; the default is used$" "$err"'
  check "each on one line" err_lines 1
else
  skip "what a program without libgc starts" "the build found no libgc for its tests"
fi

# The file decides whether LD_PRELOAD works, and that is said beforehand.
static=$(PATH=$PATH:/sbin:/usr/sbin command -v ldconfig)
if [ -n "$static" ] && ldd "$static" 2>&1 | grep -q 'statically linked\|not a dynamic'; then
  try "$pgbarrier" run "$static" -V
  check "a static program is told of" err_has "is a static executable"
  check "and that this is not about others" err_has "; what it starts is still served"
  check "on one line" err_lines 1
  check "and runs" status_is 0
  printf '#!%s -V\n' "$static" >"$scratch/script"
  chmod +x "$scratch/script"
  try "$pgbarrier" run "$scratch/script"
  check "as interpreter of a script, too" err_has "$static is a static executable"
  try "$pgbarrier" run --log=off "$static" -V
  check "not with --log=off" err_lines 0
else
  skip "a static program is told of" "ldconfig, the static program to try, is not here"
fi

loader=$(LD_TRACE_LOADED_OBJECTS=1 "$pgbarrier" |
  sed -n 's|^[[:space:]]*\(/[^ ]*/ld-[^ ]*\).*|\1|p')
if [ -n "$loader" ]; then
  try "$pgbarrier" run "$loader" "$(command -v true)"
  check "ld.so itself is not taken for a static program" \
    eval '! err_has "static executable"'
else
  skip "ld.so itself is not taken for a static program" "it does not tell its name here"
fi

setuid=$(command -v su)
if [ "$(id -u)" -ne 0 ]; then
  unprivileged=
elif command -v setpriv >/dev/null; then
  unprivileged="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
if [ -u "$setuid" ] && [ "${unprivileged-none}" != none ] && $unprivileged test -x "$pgbarrier"; then
  try $unprivileged "$pgbarrier" run "$setuid" --version
  check "a set-uid program is told of" err_has "is set-uid"
else
  skip "a set-uid program is told of" "no set-uid su, or no other user to run it as"
fi

mkdir -m 0 "$scratch/closed"
if [ "${unprivileged-none}" != none ] && $unprivileged test -x "$pgbarrier"; then
  try $unprivileged env PATH="$scratch/closed" "$pgbarrier" run pgbarrier-no-such-program
  check "a closed folder in PATH has no program: 127" status_is 127
else
  skip "a closed folder in PATH has no program: 127" "no other user to look as"
fi

# Somewhere else, the command looks where it is to be installed.
mkdir "$scratch/elsewhere"
cp "$pgbarrier" "$scratch/elsewhere/"
try "$scratch/elsewhere/pgbarrier" run true
if [ "$status" -eq 0 ]; then
  skip "a missing preload is told of" "pgbarrier is installed here"
else
  check "a missing preload is told of" err_has "the preload is missing"
  check "with the place in the build tree" \
    err_has "$scratch/elsewhere/.libs/pgbarrier-bdwgc.so"
  check "and the installed one" err_has "/pgbarrier/pgbarrier-bdwgc.so"
  check "and is a failure" status_is 1
fi

mkdir -p "$scratch/a b/.libs"
cp "$pgbarrier" "$scratch/a b/"
cp "$preload" "$scratch/a b/.libs/"
try "$scratch/a b/pgbarrier" run true
check "a name that LD_PRELOAD cannot hold is refused" err_has "cannot hold a name with a space"

finish
