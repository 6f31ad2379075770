#!/bin/sh
# SPDX-License-Identifier: MIT
# gdb.sh - gdb attaches to a program with watched memory, looks, writes, and goes again.

. "$top_srcdir/tests/tool/tap.sh"

debugged=$top_builddir/tests/torture/debugged
limit=60 # seconds until something counts as hung

command -v gdb > /dev/null || skip_all "there is no gdb here"

# wait_for FILE - until there is something in it.
wait_for()
{
  waited=0
  until [ -s "$1" ]; do
    sleep 0.1
    waited=$((waited + 1))
    [ "$waited" -lt $((10 * limit)) ] || return
  done
}

# debug BACKEND COMMANDS... - gdb on a program with that backend; $status is the program's.
debug()
{
  name=$1
  shift
  rm -f "$scratch/ready" "$scratch/go"
  timeout -s KILL "$limit" "$debugged" "$name" "$scratch/ready" "$scratch/go" 30 \
    > "$scratch/said" 2>&1 &
  shell=$!
  wait_for "$scratch/ready" || return
  {
    printf '%s\n' 'set confirm off' 'set pagination off' 'set debuginfod enabled off' \
      'handle SIGSEGV nostop noprint pass' 'handle SIGBUS nostop noprint pass' \
      'break round_is_done' "shell touch $scratch/go"
    printf '%s\n' "$@"
  } > "$scratch/commands"
  gdb -nx -batch -x "$scratch/commands" -p "$(cat "$scratch/ready")" "$debugged" > "$out" 2> "$err" < /dev/null
  status=0
  wait "$shell" || status=$?
}

# Does the sentence that gdb was told to print stand there?
saw()
{
  out_has "$1" && status_is 0
}

wrote_or_not()
{
  status_is 0 && { out_has 'written: 77' || err_has 'Cannot access memory'; }
}

"$debugged" > "$scratch/backends" || exit
rm -f "$scratch/ready"
debug null 'detach'
if err_has 'ptrace: Operation not permitted'; then
  skip_all "ptrace is not allowed here"
fi

while read -r backend notices; do
  debug "$backend" 'continue' 'continue' 'continue' 'printf "rounds: %lu\n", rounds_done' \
    'detach'
  check "$backend: breakpoints, then the program goes on" saw 'rounds: 2'
  debug "$backend" 'continue' 'delete' 'continue'
  check "$backend: the program ends under gdb" saw 'exited normally'
  if [ "$notices" = yes ]; then
    debug "$backend" 'continue' 'set var memory[4096 * 7] = 77' \
      'printf "written: %d\n", memory[4096 * 7]' 'detach'
    check "$backend: what gdb writes is reported, or refused" wrote_or_not
  fi
done < "$scratch/backends"
finish
