#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The example of the README is the program that is compiled and run: doc/example.c.

top=${srcdir:-$(dirname "$0")/..}
from_readme=$(sed -n '/^A driver/,/^struct uvio_udev is/p' "$top/README" | sed -n 's/^    //p')
from_program=$(expand -t 4 "$top/doc/example.c" | grep -v '^$')

echo 1..1
if [ -n "$from_readme" ] && [ "$from_readme" = "$from_program" ]; then
  echo "ok 1 - README: its example is doc/example.c"
else
  echo "not ok 1 - README: its example is doc/example.c"
fi
