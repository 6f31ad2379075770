# SPDX-License-Identifier: MIT
# sets.nix - attribute sets, lists and strings, many of them alive at the same time.
let
  range = builtins.genList (i: i) 3000;
  name = i: "name-${toString i}";
  step = set: i:
    set // { ${name (i - (i / 500) * 500)} = { value = i; text = "${set.last or ""}${toString i}"; }; };
  folded = builtins.foldl' step { } range;
  sorted = builtins.sort (a: b: a.text < b.text)
    (map (i: { inherit i; text = builtins.hashString "sha256" (name i); }) range);
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
in
{
  names = builtins.length (builtins.attrNames folded);
  sum = builtins.foldl' (total: key: total + folded.${key}.value) 0 (builtins.attrNames folded);
  first = (builtins.head sorted).i;
  digest = builtins.hashString "sha256" (builtins.concatStringsSep " " (map (x: x.text) sorted));
  fib = fib 23;
}
