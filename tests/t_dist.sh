#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The tarball has every file that git archive has, and besides them only what bootstrap makes; and
# each file has its licence, in itself or in .reuse/dep5.

. "${top_srcdir:-.}/tests/tap.sh"

git -C "$top_srcdir" ls-files --error-unmatch configure.ac >/dev/null 2>&1 ||
	skip_all "the sources are not a clone of git"

make_distdir() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u TESTS "$MAKE" -s -C "$top_builddir" distdir \
		"distdir=$scratch/dist" "top_distdir=$scratch/dist"
}

same_files() {
	git -C "$top_srcdir" ls-files | sort >"$scratch/archive"
	(cd "$scratch/dist" && find . -type f | sed 's|^\./||' | sort) >"$scratch/tarball"
	comm -23 "$scratch/archive" "$scratch/tarball" | sed 's/^/not in the tarball: /'
	comm -13 "$scratch/archive" "$scratch/tarball" | grep -vx \
		'Makefile.in\|aclocal.m4\|build-aux/[a-z.-]*\|config.h.in\|configure' |
		sed 's/^/not in git: /'
}

same_text() {
	while read -r file; do
		[ ! -f "$scratch/dist/$file" ] || cmp "$top_srcdir/$file" "$scratch/dist/$file"
	done <"$scratch/archive"
}

# Prints what is wrong, and fails where there is something.
nothing_of() { # COMMAND
	"$1" >"$scratch/wrong" 2>&1
	cat "$scratch/wrong"
	[ ! -s "$scratch/wrong" ]
}

# In two pieces, or reuse takes this line for the tag of this file.
tag='Identifier: GPL-2.0-or-later'

untagged() {
	while read -r file; do
		case $file in
		COPYING | LICENSES/* | .reuse/* | NEWS | README | tests/fuzz/corpus/*) continue ;;
		doc/architecture | doc/comparison | doc/example*.c | common/libuvio.sym) continue ;;
		esac
		head -n 5 "$top_srcdir/$file" | grep -q "SPDX-License-$tag" ||
			echo "no tag: $file"
	done <"$scratch/archive"
}

reuse_lint() {
	(cd "$top_srcdir" && reuse lint)
}

check "make distdir works" make_distdir
check "the tarball and git archive have the same files" nothing_of same_files
check "these are the same" nothing_of same_text
check "every file has the tag of its licence" nothing_of untagged
check "the licence itself is in two places, and the same" \
	cmp "$top_srcdir/COPYING" "$top_srcdir/LICENSES/GPL-2.0-or-later.txt"
if command -v reuse >/dev/null; then
	check "reuse has nothing to say" reuse_lint
else
	skip "reuse has nothing to say" "reuse is missing"
fi
plan
