#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# What the command shows on a terminal of 80 columns and 24 lines.

. "${top_srcdir:-.}/tests/tap.sh"
. "${top_srcdir:-.}/tests/cli.sh"

pty=$top_builddir/tests/pty
columns=80

on_screen() { # COMMAND ARGUMENT...
	command=$1
	shift
	status=0
	"$pty" "$columns" "$uvio" "$command" --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" \
		--run "$tree/run" "$@" >"$out" 2>"$err" || status=$?
}

# Letters, of which some have more bytes than one.
within() { # COLUMNS
	! LC_ALL=C tr -d '\200-\277' <"$out" | LC_ALL=C awk -v most="$1" 'length > most' | grep . || show
}

no_taller() { [ "$(wc -l <"$out")" -lt 24 ] || show; }

tree_is machine
"$pty" 80 "$uvio" list --sysfs "$tree/sys" >/dev/null
[ $? != 99 ] || skip_all "no terminal can be had here"

commands=$("$uvio" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check "there are commands" test -n "$commands"
for topic in "" $commands options addresses backends; do
	# shellcheck disable=SC2086
	"$pty" 80 "$uvio" help $topic >"$out"
	check "help $topic fits 80 columns" within 80
	check "help $topic fits 24 lines, with the prompt" no_taller
done
for tree_name in machine edu-uio edu-vfio group-blocked group-shared platform uio-bars empty; do
	tree_is "$tree_name"
	for device in $("$uvio" list --sysfs "$tree/sys" | sed -n '2,$s/ .*//p'); do
		for command in info check; do
			on_screen "$command" "$device"
			check "$tree_name: $command $device fits 80 columns" within 80
		done
	done
	for command in list "list --all" check; do
		# shellcheck disable=SC2086
		on_screen $command
		check "$tree_name: $command fits 80 columns" within 80
	done
	check "$tree_name: check without an address fits 24 lines, with the prompt" no_taller
done

# An ordinary machine, where nothing is loaded yet and there is something to say of everything.
tree_is edu-vfio
mkdir -p "$tree/sys/kernel/security" "$tree/sys/class/iommu/dmar0" "$tree/proc/sys/vm" \
	"$tree/proc/sys/kernel" "$tree/lib/modules/6.1.0-56-amd64"
rm -rf "$tree/sys/module"
for file in vfio vfio-pci vfio_iommu_type1 iommufd uio uio_pci_generic; do
	echo "kernel/$file.ko:" >>"$tree/lib/modules/6.1.0-56-amd64/modules.dep"
done
echo 6.1.0-56-amd64 >"$tree/proc/sys/kernel/osrelease"
echo 1 >"$tree/proc/sys/vm/compact_unevictable_allowed"
echo "none [integrity] confidentiality" >"$tree/sys/kernel/security/lockdown"
echo "root=/dev/sda2 ro quiet intel_iommu=on iommu.strict=0 isolcpus=2,3" >"$tree/proc/cmdline"
echo " 0: 1 IR-IO-APIC 2-edge timer" >"$tree/proc/interrupts"
echo "HugePages_Total: 0 HugePages_Free: 0 Hugepagesize: 2048 kB" >"$tree/proc/meminfo"
for type in "$tree"/sys/kernel/iommu_groups/*/type; do
	echo DMA-FQ >"$type"
done
on_screen check --dev /nowhere
check "a machine with much to say is told in 24 lines, with the prompt" no_taller
sed -n 2p "$out" >"$scratch/second"
check "and what is severe is told first" grep -q "lockdown: on" "$scratch/second"

tree_is platform
printf 'a name of a device that goes on and on, as some do, and on' \
	>"$tree/sys/devices/platform/40000000.fieldbus/uio/uio1/name"
columns=70
on_screen list
check "list marks a name that is cut" prints "..."
check "list fits then, too" within 70
columns=200
on_screen list
check "list cuts nothing where there is room" prints "as some do, and on"
columns=40
on_screen info 00:1e.0
check "an error is wrapped to the terminal" within 40
check "and indented" prints "      "
columns=80
on_screen check frob:nicate
check "an error about a wrong address fits 80 columns" within 80
on_screen read 4.0 bra0 0
check "a usage error fits 80 columns" within 80
run_on read 4.0 bra0 0
check "an error is one line where there is no terminal" test "$(wc -l <"$err")" = 2

tree_is empty
on_screen list
check "an empty list says on a terminal what to do" prints "uvio list --all"
run_on list
check "and elsewhere nothing" test ! -s "$out" -a ! -s "$err"
tree_is machine
on_screen list -d ffff:ffff
check "so does a list of ids that no device has" prints "no device has these ids"
mkdir -p "$scratch/etc/udev/rules.d"
: >"$scratch/etc/udev/rules.d/70-uvio-0000:00:05.0.rules"
on_screen unbind --persist --etc "$scratch/etc" 5.0
check "what was removed is told" prints "no longer bound at boot"
check "and wrapped" test "$(wc -l <"$out")" -gt 1

# All that is printed goes through the functions of text.c, but for what is the program's own text.
prints_directly() {
	! grep -nE '(^|[^a-z_])(v?f?printf|fputs|puts|putchar|fwrite|perror)\(' "$top_srcdir"/tools/*.c |
		grep -vE '/(say|text|help|json)\.c:|/persist\.c:[0-9]+:.*fprintf\(file,'
}
check "nothing is printed but by tool_print() and its like" prints_directly
plan
