# SPDX-License-Identifier: MIT
#
# records.nix - a program in Nix that allocates: a list of records stays alive while
# others are built and dropped.  Its value is a checksum that depends on nothing but this
# file and BENCH_QUICK, which the suite sets for --quick.
let
  modulus = 1000000007;
  modulo = a: b: a - b * (a / b);
  record = number: { inherit number; twice = 2 * number; text = toString number; };
  weight = r: r.number + r.twice + builtins.stringLength r.text;
  sum = builtins.foldl' (total: r: modulo (31 * total + weight r) modulus) 0;
  kept = builtins.genList record 300000;
  rounds = if builtins.getEnv "BENCH_QUICK" == "1" then 100 else 250;
  round = total: seed:
    modulo (total + sum (builtins.genList (i: record (seed * 7919 + i)) 5000)) modulus;
in
  modulo (builtins.foldl' round (sum kept) (builtins.genList (i: i) rounds) + sum kept) modulus
