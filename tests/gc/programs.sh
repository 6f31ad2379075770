#!/bin/sh
# SPDX-License-Identifier: MIT
# programs.sh - programs that people use do the same under the preload as without it.

. "$top_srcdir/tests/gc/lib.sh"

# Programs write to their user's home.
HOME=$scratch
XDG_CACHE_HOME=$scratch
CRYSTAL_CACHE_DIR=$scratch/crystal
export HOME XDG_CACHE_HOME CRYSTAL_CACHE_DIR

# has COMMAND...
has() {
  for command in "$@"; do
    if ! command -v "$command" > /dev/null; then
      reason="$command is not installed"
      return 1
    fi
  done
}

# same_as_stock DESIGN PROGRAM ARGS - output and exit status, and collections took place
same_as_stock() {
  wanted=$1
  shift
  barrier system "--design=$wanted" "$@" < /dev/null > "$scratch/found" 2> "$scratch/errors"
  echo "status $?" >> "$scratch/found"
  if ! diff "$scratch/stock" "$scratch/found" > "$scratch/difference" ||
    ! diff "$scratch/stock-errors" "$scratch/errors" >> "$scratch/difference"; then
    echo 'the output differs from what it is without the preload:'
    head -n 20 "$scratch/difference"
    return 1
  fi
  served "$wanted"
}

# by_signals DESIGN PROGRAM ARGS - libgc's marking threads cannot take any; stock libgc, where
# it goes by mprotect, runs these programs, too
by_signals() {
  wanted=$1
  shift
  barrier system "--backend=mprotect --design=$wanted" "$@" < /dev/null > "$scratch/found"
  echo "status $?" >> "$scratch/found"
  diff "$scratch/stock" "$scratch/found" && stat_is processes.0.backend mprotect &&
    stat_above processes.0.harvests 0
}

# describe_stock_incremental PROGRAM ARGS - only a comment: stock libgc's own problem
describe_stock_incremental() {
  stock_incremental system "$@" < /dev/null > "$scratch/found" 2> "$scratch/errors"
  incremental=$?
  echo "status $incremental" >> "$scratch/found"
  if cmp -s "$scratch/stock" "$scratch/found"; then
    comment "$label, stock incremental collection: the same output"
  else
    comment "$label, stock incremental collection: status $incremental, other output"
  fi
}

# compare LABEL PROGRAM ARGS
compare() {
  label=$1
  shift
  program=$(command -v "$1")
  shift
  stock system "$program" "$@" < /dev/null > "$scratch/stock" 2> "$scratch/stock-errors"
  echo "status $?" >> "$scratch/stock"
  for design in A B; do
    check "$label, design $design: same output and status, with collections served" \
      same_as_stock "$design" "$program" "$@"
  done
  describe_stock_incremental "$program" "$@"
}

write_page() {
  awk 'BEGIN {
    print "<html><body><table border=1>"
    for (i = 0; i < 3000; i++)
      printf "<tr><td>%d</td><td><b>row %d</b></td><td><a href=\"%d\">%s %d</a></td></tr>\n",
        i, i * 7, i, "some words that make the cell wide", i * i
    print "</table></body></html>"
  }'
}

if has guile; then
  compare guile guile --no-auto-compile "$data/trees.scm"
  for design in A B; do
    check "guile, design $design, backend mprotect: same output and status" \
      by_signals "$design" "$(command -v guile)" --no-auto-compile "$data/trees.scm"
  done
else
  skip guile "$reason"
fi

if has nix-instantiate; then
  # By default it starts with a heap so large that there is nothing to collect.
  GC_INITIAL_HEAP_SIZE=8000000
  export GC_INITIAL_HEAP_SIZE
  compare nix-instantiate nix-instantiate --eval --strict --store dummy:// "$data/sets.nix"
  unset GC_INITIAL_HEAP_SIZE
else
  skip nix-instantiate "$reason"
fi

if has asy; then
  compare asymptote asy -noV "$data/paths.asy"
else
  skip asymptote "$reason"
fi

if has neko nekoc; then
  check 'neko: the program compiles' nekoc -o "$scratch" "$data/objects.neko"
  compare neko neko "$scratch/objects.n"
else
  skip neko "$reason"
fi

if has w3m; then
  write_page > "$scratch/page.html"
  compare w3m w3m -dump -cols 100 -T text/html "$scratch/page.html"
else
  skip w3m "$reason"
fi

if has ecl; then
  compare ecl ecl --norc --load "$data/tables.lsp"
else
  skip ecl "$reason"
fi

if has crystal; then
  check 'crystal: the program compiles' crystal build -o "$scratch/lists" "$data/lists.cr"
  compare crystal "$scratch/lists"
else
  skip crystal "$reason"
fi
finish
