# SPDX-License-Identifier: MIT
# planting.sh - plant faults in a copy of the sources; sourced by the mutations.sh.
#
# Who sources this makes the copy in the working directory and defines
#	rebuild FILE		build what depends on FILE of the copy
#	notices ARGS...		0: something fails, 1: nothing does, 2: cannot be built
# Speaks TAP.

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
number=0
failed=0

# verdict STATUS NAME
verdict()
{
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    failed=1
  fi
}

# The sound program passes, or the rest says nothing.
expect_sound()
{
  notices "$@"
  [ $? -eq 1 ]
  verdict $? "no fault: the tests pass"
}

# plant NAME FILE SED ARGS... - a fault, and who has to notice.  A fault that no longer fits
# the code is a failure too.
plant()
{
  name=$1 file=$2 fault=$3
  shift 3
  cp "$file" "$work/sound" || exit
  sed -i -e "$fault" "$file"
  if cmp -s "$file" "$work/sound"; then
    echo "# the fault does not fit $file any more"
    verdict 1 "$name"
  elif ! rebuild "$file" 2> "$work/errors"; then
    sed 's/^/# /' "$work/errors"
    verdict 1 "$name"
  else
    notices "$@"
    verdict $? "$name"
  fi
  cp "$work/sound" "$file" && rebuild "$file" || exit
}

finish()
{
  echo "1..$number"
  exit "$failed"
}
