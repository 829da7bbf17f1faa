#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# bootstrap says what it is about to install, and by what, before it does; on a machine of scripts
# that lacks a package.

. "${top_srcdir:-.}/tests/tap.sh"

bin=$scratch/bin
mkdir "$bin"
cp "$top_srcdir/bootstrap" "$scratch/bootstrap"

stub() { # NAME LINE
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

stub dpkg-query 'case "$*" in *" cpio") exit 1 ;; esac; printf installed'
stub apt-get 'echo "ran: apt-get $*" >&3'
stub sudo 'echo "ran: sudo" >&3; exec "$@"'
stub autoreconf 'echo "ran: autoreconf" >&3'

run() { # USER ARGUMENT...
	stub id "echo $1"
	shift
	status=0
	PATH=$bin:$PATH sh "$scratch/bootstrap" --no-configure "$@" >"$scratch/out" 2>&1 3>&1 || status=$?
}

# The lines that hold these texts come in this order.
in_order() { # TEXT...
	cat "$scratch/out"
	last=0
	for text; do
		line=$(grep -nF -- "$text" "$scratch/out" | sed -n '1s/:.*//p')
		[ -n "$line" ] && [ "$line" -ge "$last" ] || return 1
		last=$line
	done
}

without() { # TEXT
	cat "$scratch/out"
	! grep -qF -- "$1" "$scratch/out"
}

run 0
check "as root: what, by what, and then it is done" in_order "missing: cpio" \
	"installing them by: apt-get update" "not to: --no-install" "ran: apt-get update" \
	"ran: apt-get install -y --no-install-recommends cpio" "ran: autoreconf"
run 1000
check "as a user: through sudo, which is said first" in_order "missing: cpio" \
	"installing them by: sudo apt-get update, sudo apt-get install" "ran: sudo" "ran: apt-get update"
run 1000 --no-install
check "--no-install: it only says how" in_order "missing: cpio" \
	"install them with: apt-get install --no-install-recommends cpio" "ran: autoreconf"
check "--no-install: nothing is installed" without "ran: apt-get"
stub dpkg-query 'printf installed'
run 1000
check "nothing is missing: nothing is said or installed" without "install"
plan
