#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The tests of the lab on a machine that has no QEMU: skipped with what is missing and what to do,
# or failed, as configure's --enable-lab says.

. "${top_srcdir:-.}/tests/tap.sh"

command -v bash >/dev/null || skip_all "there is no bash"

lab=$top_srcdir/tests/lab

without_qemu() { # UVIO_LAB TEST
	UVIO_LAB=$1 LAB_QEMU=no-such-qemu UVIO_CACHE=$scratch/cache bash "$lab/$2" >"$scratch/out" 2>&1
}

skips() { # UVIO_LAB TEST TEXT
	without_qemu "$1" "$2" && cat "$scratch/out" && [ "$(wc -l <"$scratch/out")" = 1 ] &&
		grep -q "^1\.\.0 # SKIP .*$3" "$scratch/out"
}

fails() { # UVIO_LAB TEST TEXT
	without_qemu "$1" "$2"
	cat "$scratch/out"
	! grep -q SKIP "$scratch/out" && grep -q '^not ok' "$scratch/out" && grep -q "$3" "$scratch/out"
}

for test in $(cd "$lab" && echo *.test); do
	check "$test: auto, it says what to install" skips auto "$test" "install qemu-system-x86"
	check "$test: no, it says how it was switched off" skips no "$test" "enable-lab=no"
done
fits() { ! "$lab/lab" --help | awk 'length > 80' | grep .; }
check "help of the lab fits 80 columns" fits
check "example.test: yes, it fails and says why" fails yes example.test "install qemu-system-x86"
plan
