#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# uvio bind --persist and unbind --persist on trees: the files, and what is refused. That they work
# is shown by tests/lab/boot.test.

. "${top_srcdir:-.}/tests/tap.sh"

uvio=$top_builddir/tools/uvio
out=$scratch/out
err=$scratch/err
EDU=0000:00:04.0
me=$(id -u)

tree_is() { # NAME
	tree=$scratch/$1
	etc=$tree/etc
	[ -d "$tree" ] || "$top_builddir/tests/mktree" "$top_srcdir/tests/data" "$1" "$tree" || exit 99
	rm -rf "$etc"
	mkdir -p "$etc"
	rules=$etc/udev/rules.d/70-uvio-$EDU.rules
	modules=$etc/modules-load.d/uvio-$EDU.conf
}

run_on() { # COMMAND ARGUMENT...
	command=$1
	shift
	status=0
	"$uvio" "$command" --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" \
		--run "$tree/run" --etc "$etc" "$@" >"$out" 2>"$err" || status=$?
}

show() {
	echo "status $status"
	cat "$out" "$err"
	find "$etc" -type f -exec tail -n +1 {} +
	return 1
}

ends_with() { # STATUS TEXT
	{ [ "$status" = "$1" ] && cat "$out" "$err" | grep -qF -- "$2"; } || show
}

# As it was before lines were broken.
one_text() { # TEXT
	tr -s ' \n' '  ' <"$out" | grep -qF -- "$1" || show
}

has() { # FILE TEXT...
	file=$1
	shift
	for text; do
		grep -qF -- "$text" "$file" || { echo "no $text" && show; }
	done
}

# Every line that is a rule names the card by its address and ids, but for the node of all devices.
names_one_card() {
	! grep -v '^#\|^$\|KERNEL=="iommu"' "$rules" | grep -v "$EDU.*0x1234.*0x11e8"
}

lines_are() { # FILE COUNT
	[ "$(grep -vc '^#\|^$' "$1")" = "$2" ] || show
}

only_two_files() {
	[ "$(find "$etc" -type f | sort)" = "$modules
$rules" ] || show
}

nothing_written() {
	[ -z "$(find "$etc" -type f ! -path '*/driverctl.d/*')" ] || show
}

for_all_to_read() {
	[ "$(stat -c %a "$rules" "$modules" | sort -u)" = 644 ] || { ls -l "$rules" "$modules" && return 1; }
}

tree_is edu-vfio
run_on bind --persist $EDU vfio
check "vfio: it is said where it stands" ends_with 0 "$EDU: bound at each boot ($rules)"
run_on info $EDU
check "vfio: info shows it" one_text "bound at boot vfio-pci ($rules)"
run_on check $EDU
check "vfio: check shows it" one_text "bound at boot: vfio-pci ($rules)"
run_on info --json $EDU
check "vfio: and JSON" ends_with 0 "\"file\": \"$rules\""
check "vfio: the files, and nothing beside them" only_two_files
check "vfio: all may read them" for_all_to_read
check "vfio: the rule says which driver, and binds" has "$rules" 'ATTR{driver_override}="vfio-pci"' \
	"/bin/uvio bind $EDU vfio-pci\"" "kmod load vfio-pci"
check "vfio: the module is loaded" has "$modules" vfio-pci
check "vfio: every rule is for this card" names_one_card
check "vfio: without an owner there is one rule" lines_are "$rules" 1
run_on bind --persist --owner "$me" $EDU vfio
check "vfio: with an owner" ends_with 0 "user $me can open it"
run_on info $EDU
check "vfio: info shows the owner" ends_with 0 "vfio-pci for user $me"
check "vfio: the rules of its nodes" has "$rules" 'SUBSYSTEM=="vfio"' 'SUBSYSTEM=="vfio-dev"' \
	"devices/$EDU\"" "/bin/chown $me \$devnode"
check "vfio: these are for this card, too" names_one_card
check "vfio: still nothing beside them" only_two_files
run_on bind $EDU vfio
check "bound as it will be: nothing to say" sh -c "! grep -q 'next boot' '$err'"
sed 's/vfio-pci/uio_pci_generic/' "$rules" >"$rules.new" && mv "$rules.new" "$rules"
run_on bind $EDU vfio
check "bound otherwise: what the next boot does" ends_with 0 "only until the next boot, when $rules applies"

tree_is edu-vfio
for user in no-such-user-here 4294967295 4294967296 -1 '' '1;reboot'; do
	run_on bind --persist --owner "$user" $EDU vfio
	check "owner '$user': there is no such user" ends_with 1 "$user: no such user on this machine"
done
check "no such user: nothing is written" nothing_written
run_on bind --owner "$me" $EDU vfio
check "an owner wants --persist" ends_with 2 "--owner needs --persist"
run_on unbind --owner "$me" $EDU
check "unbind has no owner" ends_with 2 ""
run_on info $EDU
check "not bound at boot: info shows nothing" sh -c "! grep -q 'at boot' '$out'"
run_on unbind --persist $EDU
check "not bound at boot: unbind --persist says so" ends_with 0 "was not bound at boot: there is no $rules"
run_on bind --persist $EDU none
check "no driver is none to keep" ends_with 1 "'none' is not one"
mkdir "$etc/driverctl.d" && printf 'vfio-pci\n' >"$etc/driverctl.d/pci-$EDU"
run_on bind --persist $EDU vfio
check "driverctl has it" ends_with 1 "driverctl unset-override $EDU"
run_on info $EDU
check "driverctl has it: info shows that" one_text "vfio-pci ($etc/driverctl.d/pci-$EDU)"
check "driverctl has it: nothing is written" nothing_written
printf '\033]0;x' >"$etc/driverctl.d/pci-$EDU"
run_on bind --persist $EDU vfio
check "what driverctl has is shown without control characters" sh -c "! grep -q '$(printf '\033')' '$err'"
rm -r "$etc/driverctl.d"

: >"$etc/udev"
run_on bind --persist $EDU vfio
check "no folder for the rule: the reason" ends_with 1 "$rules: cannot be written: "
check "no folder for the rule: it is said what holds" ends_with 1 "until the next boot only"
rm "$etc/udev"
check "no folder for the rule: nothing is written" nothing_written
mkdir -p "$rules"
run_on bind --persist $EDU vfio
check "a folder in its place: the reason" ends_with 1 "$rules: cannot be written: Is a directory"
check "a folder in its place: nothing is written" nothing_written
etc=$tree/nowhere
run_on bind --persist $EDU vfio
check "no folder at all" ends_with 1 "cannot be written: No such file or directory"

tree_is edu-uio
run_on bind --persist --owner "$me" $EDU uio
check "uio: with an owner" ends_with 0 "user $me can open it"
check "uio: what that means" ends_with 0 "only to users you trust as root"
check "uio: the node and the registers, and root's again" has "$rules" 'SUBSYSTEM=="uio"' \
	"chown $me \$devnode; cd /sys/bus/pci/devices/$EDU && chown -f $me config" \
	'ACTION=="unbind"' "chown -f 0 config"
check "uio: every rule is for this card" names_one_card
check "uio: the module" has "$modules" uio_pci_generic

verifies() {
	udevadm verify "$rules"
}

if command -v udevadm >/dev/null && udevadm verify --help >/dev/null 2>&1; then
	check "udevadm verify has nothing to say" verifies
else
	skip "udevadm verify has nothing to say" "there is no udevadm that can (of systemd 254 or later)"
fi

rm -r "$tree/sys/bus/pci/devices/$EDU"
run_on unbind --persist $EDU
check "a card that is not there: its files are removed" ends_with 0 "no longer bound at boot"
check "a card that is not there: nothing is left" nothing_written
for short in 4.0 00:04.0 0:0:4.0; do
	mkdir -p "$tree/etc/udev/rules.d"
	: >"$tree/etc/udev/rules.d/70-uvio-$EDU.rules"
	run_on unbind --persist "$short"
	check "a card that is not there, as $short" ends_with 0 "$EDU: no longer bound at boot"
done
run_on unbind --persist $EDU
check "a card that is not there, without files" ends_with 1 "no such PCI device"

tree_is platform
run_on bind --persist uio1 uio
check "not PCI: its driver is chosen elsewhere" ends_with 1 "not a PCI device"
check "not PCI: nothing is written" nothing_written
plan
