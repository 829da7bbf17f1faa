#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Words that are no terms of the field, in what a person reads: sources, headers and pages.

. "${top_srcdir:-.}/tests/tap.sh"
LC_ALL=C
export LC_ALL

# Better: fix, most severe, except, forever, reserved, restored, prevents.
words='mends?|mended|gravest|but for|for ever|is left as it is|was told to take back|what is in it'
words="$words|takes it away|comes? along|stands? in the way|has room for|puts? right"

has_no_odd_words() { # PATH...
	! grep -rnEiw --include=*.[ch1378] --include=README -- "$words" "$@"
}

cd "$top_srcdir" || exit 1
for folder in common drivers uio vfio tools; do
	check "$folder is in plain words" has_no_odd_words "$folder"
done
check "the pages are in plain words" has_no_odd_words README doc

printf '/* It mends what has room for it. */\n' >"$scratch/odd.c"
check "an odd word is found" eval "! has_no_odd_words '$scratch/odd.c' >/dev/null"
plan
