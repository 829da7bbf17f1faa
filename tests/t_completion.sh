#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Completion in bash: what is offered after the words that were typed, on a tree.

. "${top_srcdir:-.}/tests/tap.sh"

command -v bash >/dev/null || skip_all "there is no bash"

tree=$scratch/tree
"$top_builddir/tests/mktree" "$top_srcdir/tests/data" edu-vfio "$tree" || exit 99

# The command on the tree, by its name.
mkdir "$scratch/bin"
cat >"$scratch/bin/uvio" <<END
#!/bin/sh
exec "$(cd "$top_builddir" && pwd)/tools/uvio" --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" "\$@"
END
chmod +x "$scratch/bin/uvio"

# What is offered, one a line, sorted.
offered() { # LINE
	PATH=$scratch/bin:$PATH bash --norc -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		_uvio
		printf "%s\n" "${COMPREPLY[@]}"' bash "$top_srcdir/tools/uvio.bash" "$1" | sort
}

offers() { # LINE WORD...
	line=$1
	shift
	offered "$line" >"$scratch/offered"
	for word; do
		grep -qxF -- "$word" "$scratch/offered" || { echo "no $word:" && cat "$scratch/offered" && return 1; }
	done
}

offers_only() { # LINE WORD...
	offers "$@" || return 1
	shift
	[ "$(grep -c . "$scratch/offered")" = $# ] || { cat "$scratch/offered" && return 1; }
}

all_commands() {
	# shellcheck disable=SC2046
	offers "uvio " $("$top_builddir/tools/uvio" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
}

check "every command" all_commands
# Of the help of the command, and of what all have.
options_of() { # COMMAND
	{ "$top_builddir/tools/uvio" help "$1" && "$top_builddir/tools/uvio" help options; } |
		grep -oE '^ *(-[a-zA-Z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u
}
all_options() {
	for command in $(offered "uvio " | grep -vx 'help\|-.*'); do
		# shellcheck disable=SC2046
		offers "uvio $command --" $(options_of "$command") || { echo "$command" && return 1; }
	done
}
check "every option of every command" all_options
check "a command that has begun" offers_only "uvio comp" compare
check "a command after an option" offers_only "uvio --sysfs /sys unb" unbind
check "the options of a command" offers "uvio bind --" --persist --owner --etc --sysfs --help
check "an option that has begun" offers_only "uvio unbind --pers" --persist
check "a device" offers_only "uvio info " 0000:00:04.0
check "a device, after its first colon" offers_only "uvio info 0000:" 00:04.0
check "a device, after an option with a value" offers_only "uvio check -b vfio " 0000:00:04.0
check "a device, after an option without" offers_only "uvio bind --persist " 0000:00:04.0
check "what to bind it to, or another device" offers "uvio bind 0000:00:04.0 " none uio vfio 0000:00:04.0
check "all devices to unbind" offers_only "uvio unbind 0000:00:04.0 " 0000:00:04.0
check "a device, after the ids of another one" offers_only "uvio unbind -d 1234:5678 " 0000:00:04.0
check "a backend as a value" offers "uvio info --backend " uio vfio
check "backends as a value" offers "uvio compare --backends " uio vfio
check "a width, in bytes" offers_only "uvio read -w " 1 2 4 8
check "a user" offers "uvio bind -p --owner roo" root
check "a region" offers "uvio read 0000:00:04.0 " bar0 config rom
check "nothing after list" offers_only "uvio list "
check "no complaint" sh -c "[ ! -s '$scratch/diagnosis' ]"
plan
