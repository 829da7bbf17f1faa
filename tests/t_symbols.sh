#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# What the library exports is what its list of symbols says, and what its headers declare.

. "${top_srcdir:-.}/tests/tap.sh"

# The functions that are marked in the headers.
LC_ALL=C
export LC_ALL
cat "$top_srcdir"/common/uvio/*.h | sed '/^#/d' | tr '\n\t' '  ' |
	grep -o 'UVIO_API [^;]*;' | sed 's/^[^(]*[ *]\(uvio_[a-z0-9_]*\) *(.*/\1/' |
	sort >"$scratch/headers"
sort "$top_srcdir/common/libuvio.sym" >"$scratch/list"

exported() {
	$NM -D --defined-only "$top_builddir/.libs/libuvio.so" | awk '{ sub(/@.*/, "", $3); print $3 }' |
		sort >"$scratch/library"
}

check "the headers declare some functions" test -s "$scratch/headers"
check "the list of symbols is sorted and has none twice" sort -cu "$top_srcdir/common/libuvio.sym"
check "the list of symbols is what the headers declare" diff "$scratch/list" "$scratch/headers"
if [ "${UVIO_SHARED:-yes}" = yes ]; then
	exported
	check "the library exports what the list says" diff "$scratch/list" "$scratch/library"
else
	skip "the library exports what the list says" "no shared library, or it is instrumented"
fi
plan
