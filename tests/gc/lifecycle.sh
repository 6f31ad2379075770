#!/bin/sh
# SPDX-License-Identifier: MIT
# lifecycle.sh - what programs do with their processes, files, handlers and settings works
# under the preload, and looks to them as it does without it.

. "$top_srcdir/tests/gc/lib.sh"

# works PROGRAM ARGS - exit status 0, and the design asked for was in use
works() {
  barrier "$suite" "--design=$design" "$@" && served "$design"
}

# Every child had a record of its own, and its collections were served too.
forks() {
  works forking "$1" || return
  process=0
  while [ "$process" -lt 4 ]; do
    stat_above "processes.$process.harvests" 0 || return
    process=$((process + 1))
  done
}

closes_all() {
  works closing "$1" || return
  stat_above processes.0.pages_unsure 0
}

execs() {
  works execing "$programs/shadow" --operations=200000 || return
  stat_above processes.1.harvests 0
}

# The program turns incremental collection on, when its threads are running already.
enables_late() {
  barrier "$suite" "--design=$design --mode=off" shadow --threads=4 --late "$1" &&
    served "$design" && stat_is processes.0.mode off
}

stays_off() {
  barrier "$suite" "--design=$design --mode=off" shadow --operations=300000 || return
  stat_is processes.0.harvests 0
}

honours_disable() {
  GC_DISABLE_INCREMENTAL=1
  export GC_DISABLE_INCREMENTAL
  barrier "$suite" "--design=$design" shadow --operations=300000
  status=$?
  unset GC_DISABLE_INCREMENTAL
  [ "$status" -eq 0 ] && stat_is processes.0.harvests 0
}

keeps_handler() {
  works sigsegv "$1" && stat_is processes.0.sigsegv_handlers 0 &&
    stat_is processes.0.signals 0
}

same_events() {
  stock "$suite" events "$1" > "$scratch/stock" || return
  works events "$1" > "$scratch/found" || return
  diff "$scratch/stock" "$scratch/found"
}

same_surroundings() {
  stock "$suite" surroundings > "$scratch/stock" || return
  works surroundings > "$scratch/found" || return
  diff "$scratch/stock" "$scratch/found"
}

# libgc is not there when the preload looks, and what it defines is in the plugin's way.
leaves_plugins_alone() {
  plugin=$programs/.libs/plugin.so
  "$programs/loading" "$plugin" || return
  "$pgbarrier" run "--design=$design" --log=off -- "$programs/loading" "$plugin"
}

# What the user preloads comes after ours, and is still there.
keeps_preload() {
  LD_PRELOAD=libm.so.6
  export LD_PRELOAD
  "$pgbarrier" run "--design=$design" -- printenv LD_PRELOAD > "$scratch/found" 2>&1
  unset LD_PRELOAD
  cat "$scratch/found"
  grep -q ':libm\.so\.6$' "$scratch/found"
}

# ends HOW STATUS - the status is the program's, and the report is written all the same
ends() {
  barrier "$suite" "--design=$design" exiting "$1" > "$scratch/exiting" 2>&1
  status=$?
  cat "$scratch/exiting"
  echo "status $status, expected $2"
  [ "$status" -eq "$2" ] && served "$design"
}

# Without a report there is no process between the program and who started it.
is_execed() {
  "$pgbarrier" run "--design=$design" -- sh -c 'echo $$' > "$scratch/found" &
  expected=$!
  wait "$expected" || return
  found=$(cat "$scratch/found")
  echo "the program is process $found, started as $expected"
  [ "$found" = "$expected" ]
}

# Nothing but the program's own words, also where its children have no libgc.
is_silent() {
  works children > "$scratch/found" 2>&1
  status=$?
  cat "$scratch/found"
  [ "$status" -eq 0 ] && [ "$(cat "$scratch/found")" = 'no damage' ]
}

# What depends on the version of libgc.
test_collector() {
  check "$what: fork" forks plain
  check "$what: nested forks" forks nested
  check "$what: fork beside running threads" forks threads
  check "$what: closefrom, numbers taken by the program" closes_all some
  check "$what: closefrom, no number left" closes_all all
  check "$what: incremental turned on with threads running" enables_late --incremental
  check "$what: GC_DISABLE_INCREMENTAL is honoured" honours_disable
  check "$what: no SIGSEGV handler" keeps_handler none
  check "$what: own SIGSEGV handler, before GC_INIT" keeps_handler before
  check "$what: own collection events, before GC_INIT" same_events before
  check "$what: own collection events, after GC_INIT" same_events after
  check "$what: files, errno, environment" same_surroundings
}

# What does not.
test_preload() {
  check "$what: exec of another program" execs
  check "$what: other programs by system, posix_spawn, vfork, popen" is_silent
  check "$what: incremental turned on late, pauses of 5 ms" enables_late --incremental=5
  check "$what: mode off and a program that does not want it: no harvest" stays_off
  check "$what: own SIGSEGV handler, after GC_INIT" keeps_handler after
  check "$what: exit" ends exit 37
  check "$what: _exit" ends _exit 37
  check "$what: abort" ends abort 134
  check "$what: kill" ends kill 137
}

for suite in system trixie sid; do
  if suite_skipped "$suite"; then
    skip "$suite" "$reason"
    continue
  fi
  for design in A B; do
    what="$suite, design $design"
    test_collector
    [ "$suite" = system ] && test_preload
  done
done
design=A
check 'a libgc that comes with a plugin works' leaves_plugins_alone
check 'LD_PRELOAD of the user is kept' keeps_preload
check 'without a report, the program is the process that was started' is_execed
finish
