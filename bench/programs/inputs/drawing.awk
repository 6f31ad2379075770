# SPDX-License-Identifier: MIT
# drawing.awk - write a drawing of many paths, in groups, to the file that is the first
# argument.
BEGIN {
  file = ARGV[1]
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"1000\">" > file
  for (group = 0; group < 400; group++) {
    printf "<g id=\"g%d\" transform=\"translate(%d,%d)\">\n",
      group, group % 20 * 50, int(group / 20) * 50 > file
    for (path = 0; path < 100; path++)
      printf "<path id=\"p%d-%d\" style=\"fill:#%02x%02x80\" d=\"M%d %dl9 3q5 5 0 9l-9 -2z\"/>\n",
        group, path, group % 256, path * 2, path % 10 * 4, int(path / 10) * 9 > file
    print "</g>" > file
  }
  print "</svg>" > file
}
