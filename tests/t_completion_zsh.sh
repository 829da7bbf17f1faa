#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Completion in zsh: what is offered after the words that were typed, on a tree.

. "${top_srcdir:-.}/tests/tap.sh"

command -v zsh >/dev/null || skip_all "there is no zsh"

tree=$scratch/tree
"$top_builddir/tests/mktree" "$top_srcdir/tests/data" edu-vfio "$tree" || exit 99

# The command on the tree, by its name.
mkdir "$scratch/bin"
cat >"$scratch/bin/uvio" <<END
#!/bin/sh
exec "$(cd "$top_builddir" && pwd)/tools/uvio" --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" "\$@"
END
chmod +x "$scratch/bin/uvio"

# What is offered for the last word, one a line, sorted.
offered() { # WORD...
	# shellcheck disable=SC2016
	PATH=$scratch/bin:$PATH zsh -f -c '
		compadd() { shift; print -l -- ${(M)@:#$words[CURRENT]*} }
		_users() { print users }
		file=$1
		shift
		words=("$@") CURRENT=$#
		. $file' zsh "$top_srcdir/tools/uvio.zsh" "$@" | sort
}

offers() { # "EXPECTED..." WORD...
	expected=$1
	shift
	offered "$@" >"$scratch/offered"
	# shellcheck disable=SC2086
	printf '%s\n' $expected | grep . | sort | cmp -s - "$scratch/offered" || { cat "$scratch/offered" && return 1; }
}

section() { "$top_builddir/tools/uvio" --help | sed -n "/^$1:/,/^\$/s/^  \([a-z]*\) .*/\1/p"; }
options_of() { # COMMAND
	{ "$top_builddir/tools/uvio" help "$1" && "$top_builddir/tools/uvio" help options; } |
		grep -oE '^ *(-[a-zA-Z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u
}
all_options() {
	for command in $(section Commands | grep -vx help); do
		offers "$(options_of "$command")" uvio "$command" -- || { echo "$command" && return 1; }
	done
}

check "every command" offers "$(section Commands)" uvio ''
check "every option of every command" all_options
check "a command that has begun" offers compare uvio comp
check "a command after an option" offers unbind uvio --sysfs /sys unb
check "a device" offers 0000:00:04.0 uvio info ''
check "a device, after its first colon" offers 0000:00:04.0 uvio info 0000:
check "a device, after an option with a value" offers 0000:00:04.0 uvio check -b vfio ''
check "a device, after an option without" offers 0000:00:04.0 uvio bind --persist ''
check "what to bind it to, or another device" offers "none uio vfio 0000:00:04.0" uvio bind 0000:00:04.0 ''
check "a backend as a value" offers "$(section Backends)" uvio info --backend ''
check "backends as a value" offers "$(section Backends)" uvio compare --backends ''
check "a user" offers users uvio bind -p --owner ''
check "a width, in bytes" offers "1 2 4 8" uvio read -w ''
check "a region that has begun" offers "bar0 bar1 bar2 bar3 bar4 bar5" uvio read 0000:00:04.0 b
check "nothing after list" offers "" uvio list ''
check "no complaint" sh -c "[ ! -s '$scratch/diagnosis' ]"
plan
