#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# For tests of the command on trees instead of this machine: sourced behind tap.sh, not run.

uvio=$top_builddir/tools/uvio
out=$scratch/out
err=$scratch/err
EDU=0000:00:04.0

run() { # ARGUMENT...
	status=0
	"$uvio" "$@" >"$out" 2>"$err" || status=$?
}

# On the tree that was built last.
run_on() { # COMMAND ARGUMENT...
	command=$1
	shift
	run "$command" --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" \
		--run "$tree/run" "$@"
}

tree_is() { # NAME
	tree=$scratch/$1
	[ -d "$tree" ] || "$top_builddir/tests/mktree" "$top_srcdir/tests/data" "$1" "$tree" || exit 99
}

show() {
	echo "status $status, stdout:"
	cat "$out"
	echo "stderr:"
	cat "$err"
	return 1
}

status_is() { [ "$status" = "$1" ] || show; }
prints() { grep -qF -- "$1" "$out" || show; }
prints_not() { ! grep -qF -- "$1" "$out" || show; }
says() { grep -qF -- "$1" "$err" || show; }
fits() { ! awk 'length > 80' "$out" | grep .; }
prints_nothing() { [ ! -s "$out" ] || show; }
says_nothing() { [ ! -s "$err" ] || show; }

is_json() {
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$out" || show
	else
		prints "{" && prints "}"
	fi
}

fails_with() { # TEXT
	status_is 1 && prints_nothing && says "$1"
}
