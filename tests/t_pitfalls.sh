#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Each numbered pitfall of VFIO and of UIO stands in tests/pitfalls, and each that has a test is in
# the title of one.

. "${top_srcdir:-.}/tests/tap.sh"

LC_ALL=C
export LC_ALL
tests=$top_srcdir/tests

# "vfio 1" to "vfio 95", "uio 3.1" to "uio 3.41".
every_number() {
	awk 'BEGIN {
		for (i = 1; i <= 95; i++) print "vfio " i
		for (i = 1; i <= 41; i++) print "uio 3." i
	}'
}

# The numbers of those lines of the list of which the third word is that one, or all.
listed() { # [WORD]
	awk -v word="$1" '/^#/ || NF == 0 { next } word == "" || $3 == word { print $1, $2 }' \
		"$tests/pitfalls"
}

# What stands in parentheses, or is handed to TEST_FOR(); each number by itself.
in_titles() {
	cat "$tests"/*.c "$tests"/*.sh "$tests"/lab/*.c |
		grep -oE '(TEST_FOR\(|\()"?(vfio|uio) [0-9][0-9., and]*' |
		awk '{
			sub(/^.*\("?/, "")
			gsub(/and|,/, " ")
			for (i = 2; i <= NF; i++) print $1, $i
		}' | sort -u
}

well_formed() {
	! grep -Ev '^(#.*|(vfio|uio) [0-9.]+ +(test {6}|not here: ).+|)$' "$tests/pitfalls"
}

# Lines of the first file that are not in the second.
only_in() { # FILE FILE
	sort "$1" >"$scratch/sorted"
	sort "$2" | comm -23 "$scratch/sorted" - >"$scratch/missing"
	cat "$scratch/missing"
	[ ! -s "$scratch/missing" ]
}

in_both() { # FILE FILE
	sort "$1" >"$scratch/sorted"
	sort "$2" | comm -12 "$scratch/sorted" - >"$scratch/both"
	cat "$scratch/both"
	[ ! -s "$scratch/both" ]
}

every_number >"$scratch/every"
listed >"$scratch/listed"
listed test >"$scratch/tested"
listed not >"$scratch/not"
in_titles >"$scratch/titles"
check "each line is a number, test or not here, and a phrase" well_formed
check "every number is there, in order, once" diff "$scratch/every" "$scratch/listed"
check "each that has a test is in a title" only_in "$scratch/tested" "$scratch/titles"
check "no title has one that is not here" in_both "$scratch/not" "$scratch/titles"
check "no title has one that is none" only_in "$scratch/titles" "$scratch/every"
plan
