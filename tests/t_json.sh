#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# JSON of every command, of devices with any bytes in their names, and the files it goes to.

. "${top_srcdir:-.}/tests/tap.sh"
. "${top_srcdir:-.}/tests/cli.sh"

file=$scratch/file.json

has() { # TEXT: in the JSON, where python3 can tell
	command -v python3 >/dev/null || return 0
	python3 -c 'import json, sys; sys.exit(sys.argv[1] not in json.dumps(json.load(open(sys.argv[2])), ensure_ascii=False))' \
		"$1" "$out" || show
}

tree_is platform
name_file=$tree/sys/devices/platform/40000000.fieldbus/uio/uio1/name
holds_no_control() {
	cat "$out" "$err" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -q "$(printf '[\001-\037\177]')" && show && return 1
	cat "$out" "$err" | od -An -tx1 -v | tr -d ' \n' | grep -qE '^(..)*c2[89]' && show && return 1
	return 0
}

for bytes in 'a\033[31mred\033]0;title\007' 'b\377\376bad' 'c\302\233clear' 'd\177del' 'e\340\200\200long' \
	'f\355\240\200half' 'g\364\220\200\200far' 'h"quote\\slash' 'i\303'; do
	# shellcheck disable=SC2059
	printf "$bytes" >"$name_file"
	for command in list "list --all" "info uio1" "check uio1"; do
		# shellcheck disable=SC2086
		run_on $command --json
		check "$command --json of a device named $bytes is JSON" is_json
		check "$command --json of it controls no terminal" holds_no_control
		# shellcheck disable=SC2086
		run_on $command
		check "$command of it controls no terminal" holds_no_control
	done
	run_on info "name:$(cat "$name_file")x"
	check "a wrong address of such bytes controls no terminal" holds_no_control
done
printf 'm\303\274ller' >"$name_file"
run_on list
check "letters of other languages are printed" prints "müller"
run_on list --json
check "and are in JSON" has "müller"
printf 'a\033[31mred' >"$name_file"
run_on list
check "what controls a terminal is shown as what it is" prints 'a\x1b[31mred'
printf 'a\033[31mred' >"$name_file"
run_on list --json
check "JSON keeps it, escaped" prints '\u001b'

# Files

tree_is edu-uio
echo old >"$file"
chmod 640 "$file"
run_on info ffff:ff:1f.0 --json="$file"
check "a wrong address leaves the old file" grep -qx old "$file"
run_on compare ffff:ff:1f.0 --json="$file"
check "also of compare" grep -qx old "$file"
run_on info "$EDU" --json="$file"
check "the text is printed beside a file" prints "kernel driver"
cp "$file" "$out"
check "the file is JSON" is_json
check "its rights are those of the old one" test "$(stat -c %a "$file")" = 640
check "nothing is left beside it" test "$(find "$scratch" -name 'file.json*' | wc -l)" = 1
ln -s file.json "$scratch/link"
echo old >"$file"
run_on info "$EDU" --json="$scratch/link"
check "a link stays one" test -L "$scratch/link"
check "and what it leads to is written" grep -q address "$file"
run_on info "$EDU" --json="$scratch/none/file"
check "a file in no folder is a failure" fails_with "none/file: it cannot be written"
run_on info "$EDU" --json="$scratch"
check "a folder is a failure" fails_with "cannot be written: Is a directory"
run_on info "$EDU" --json=/dev/null
check "a device is written as it is" status_is 0
check "and stays one" test -c /dev/null
run_on info "$EDU" -j
check "-j alone is standard output" is_json
check "and no text" prints_not "kernel driver"
if [ -w /dev/full ]; then
	run_on info "$EDU" --json=/dev/full
	check "a full device is a failure that names it" says "/dev/full: it cannot be written: No space left"
	check "and its status" status_is 1
fi

# Commands that act

run_on guard --json="$file" "$EDU" -- true
cp "$file" "$out"
check "guard --json is JSON" is_json
check "guard --json has the status of the program" prints '"status": 0'
run_on guard --json "$EDU" -- true
check "guard --json without a file is a usage error" says "write --json=FILE"
check "with its status" status_is 2
plan
