#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Every public header compiles alone, as strict C and as C++.

. "${top_srcdir:-.}/tests/tap.sh"

headers=$(cd "$top_srcdir/common" && ls uvio/*.h)

# GCC's is strict on every processor.
echo 'int nothing;' >"$scratch/align.c"
align=-Wcast-align=strict
$CC $align -Werror -c "$scratch/align.c" -o "$scratch/align.o" >/dev/null 2>&1 || align=-Wcast-align

as_c() { # HEADER
	echo "#include <$1>" >"$scratch/t.c"
	$CC -std=c11 -pedantic -Wall -Wextra $align -Werror -I"$top_srcdir/common" -c "$scratch/t.c" \
		-o "$scratch/t.o"
}

as_cxx() { # HEADER
	echo "#include <$1>" >"$scratch/t.cc"
	$CXX -std=c++11 -pedantic -Wall -Wextra $align -Werror -I"$top_srcdir/common" -c "$scratch/t.cc" \
		-o "$scratch/t.o"
}

# The library's umbrella header has all the others.
umbrella_has_all() {
	for header in $headers; do
		[ "$header" = uvio/uvio.h ] || grep -q "#include <$header>" "$top_srcdir/common/uvio/uvio.h" ||
			{ echo "$header is missing" && return 1; }
	done
}

echo 'int main() { return 0; }' >"$scratch/probe.cc"
$CXX -c "$scratch/probe.cc" -o "$scratch/probe.o" >/dev/null 2>&1 && has_cxx=yes || has_cxx=no

for header in $headers; do
	check "$header is C11" as_c "$header"
	if [ "$has_cxx" = yes ]; then
		check "$header is C++11" as_cxx "$header"
	else
		skip "$header is C++11" "no C++ compiler"
	fi
done
check "uvio/uvio.h has all the others" umbrella_has_all
plan
