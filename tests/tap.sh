#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# TAP for shell tests: sourced, not run. A test calls check, or pass and fail, and ends with plan.

: "${top_srcdir:=$(dirname "$0")/..}" "${top_builddir:=.}" "${CC:=cc}" "${CXX:=c++}" "${NM:=nm}"
: "${MAKE:=make}" "${PKG_CONFIG:=pkg-config}"

number=0 failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/uvio-test.XXXXXX") || exit 99
# A signal to a process that the shell has begun, and that is not the program yet, is taken by a copy
# of the shell, with its traps: that must not remove the folder.
trap '[ "$(exec sh -c "echo \$PPID")" != $$ ] || rm -rf "$scratch"' EXIT
trap 'exit 143' INT TERM HUP

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}

pass() { # NAME
	number=$((number + 1))
	echo "ok $number - $1"
}

skip() { # NAME REASON
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# What is in the file "diagnosis" of the scratch folder goes along.
fail() { # NAME
	number=$((number + 1))
	failed=1
	echo "not ok $number - $1"
	[ ! -s "$scratch/diagnosis" ] || sed 's/^/#   /' "$scratch/diagnosis"
}

check() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >"$scratch/diagnosis" 2>&1; then
		pass "$name"
	else
		echo "failed: $*" >>"$scratch/diagnosis"
		fail "$name"
	fi
}

plan() {
	echo "1..$number"
	exit "$failed"
}
