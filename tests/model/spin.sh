#!/bin/sh
# SPDX-License-Identifier: MIT
# spin.sh - the model in docs/model holds, and does not where something is left out of it.

model=$top_srcdir/docs/model/barrier.pml
number=0

for program in spin cc; do
  command -v $program > /dev/null && continue
  echo "1..0 # SKIP $program is not installed"
  exit 0
done

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" && cp "$model" barrier.pml || exit 99

# check NAME COMMAND... - one test point; what was said becomes comments if it fails.
check()
{
  name=$1
  shift
  number=$((number + 1))
  if "$@" > said 2>&1; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    sed 's/^/#   /' said found
  fi
}

# search OPTIONS PROPERTY - build the search and run it; what it says is in ./found.
search()
{
  rm -f ./*.trail pan*
  case $2 in
  safety) build=-DSAFETY run= ;;
  released) build=-DNFAIR=3 run='-a -f' ;;
  esac
  # shellcheck disable=SC2086 # words
  spin $1 -a barrier.pml && cc -O1 -w $build -o pan pan.c && ./pan -m100000 $run > found
}

# holds OPTIONS PROPERTY - all states were searched, and all statements were reached.
holds()
{
  search "$1" "$2" || return
  grep -q ', errors: 0$' found && ! grep -q -e 'max search depth too small' \
    -e 'Search not completed' found
}

all_is_reached()
{
  grep '^unreached in proctype' found || return
  # The claim itself does not end.
  sed '/^unreached in claim/,$d' found | grep 'barrier\.pml:[0-9]*, state'
  [ $? -eq 1 ]
}

# fails OPTIONS PROPERTY WORDS - with an error that says so, and a way there.
fails()
{
  search "$1" "$2" || return
  grep -q "^pan:1: $3" found || return
  # shellcheck disable=SC2086 # words
  spin $1 -t -p -g barrier.pml > way || return
  tail -n 25 way
  grep -q 'trail ends after [1-9][0-9]* steps' way
}

check 'nothing is lost, and nobody waits for ever' holds '' safety
check 'every statement of the model was reached' all_is_reached
check 'who is stopped is let go' holds -DRELEASED released

lost='assertion violated'
stopped='invalid end state'
check 'scan and protect in two steps: a write is lost' fails -DSPLIT_SCAN safety "$lost"
check 'report, then arm: a write is lost' fails -DREPORT_BEFORE_ARM safety "$lost"
check 'recovery reports, then arms: a write is lost' \
  fails -DRECOVER_LATE safety "$lost"
check 'a child trusts that its memory is watched: a write is lost' \
  fails -DNO_FORK_REARM safety "$lost"
check 'an ack does not wake: a thread is stopped for ever' fails -DNO_WAKE safety "$stopped"
check 'the same, as a thread that is not let go' \
  fails '-DRELEASED -DNO_WAKE' released 'acceptance cycle'
check 'an ack does not wake where memory is gone: a thread is stopped for ever' \
  fails -DNO_WAKE_WHEN_GONE safety "$stopped"
check 'a new reader does not have faults posted anew: a thread is stopped for ever' \
  fails -DNO_REPOST safety "$stopped"
echo "1..$number"
