# SPDX-License-Identifier: MIT
# page.awk - write a page of tables to the file that is the first argument.
BEGIN {
  file = ARGV[1]
  print "<html><body>" > file
  for (table = 0; table < 40; table++) {
    print "<table border=1>" > file
    for (row = 0; row < 1000; row++)
      printf "<tr><td>%d</td><td><b>row %d</b></td><td><a href=\"%d\">%s %d</a></td></tr>\n",
        row, row * 7, row, "some words that make the cell wide", row * row > file
    print "</table>" > file
  }
  print "</body></html>" > file
}
