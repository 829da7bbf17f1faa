#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The conventions of the command, on trees instead of this machine.

. "${top_srcdir:-.}/tests/tap.sh"
. "${top_srcdir:-.}/tests/cli.sh"

commands=$("$uvio" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')

helps() {
	run "$@" --help
	status_is 0 && says_nothing && prints "usage: uvio"
}

narrow() {
	run "$@" --help
	! awk 'length > 80' "$out" | grep . || return 1
}

same_help() { # COMMAND
	"$uvio" "$1" --help >"$scratch/help" && "$uvio" help "$1" | diff "$scratch/help" -
}

usage_error() { # TEXT ARGUMENT...
	text=$1
	shift
	run "$@"
	status_is 2 && prints_nothing && says "$text" && says "uvio: " && says "try 'uvio "
}

check "there are commands" test -n "$commands"
check "--help is on stdout" helps
check "--help fits 80 columns" narrow
for each in $commands; do
	check "$each --help is on stdout" helps "$each"
	check "$each --help fits 80 columns" narrow "$each"
	check "$each with an unknown option is a usage error" usage_error "is not an option of this command" \
		"$each" --bogus
	check "$each: help of it is the same" same_help "$each"
done

run --version
check "--version is on stdout" prints "uvio "
check "--version succeeds" status_is 0
check "no command is a usage error" usage_error "which command?"
check "an unknown command is a usage error" usage_error "'frob' is not a command" frob
check "an unknown option is a usage error" usage_error "is not an option of this command" --bogus
check "a command with a slip is told the nearest" usage_error "did you mean 'list'?" lits
check "an option with a slip is told the nearest" \
	usage_error "'--jsno' is not an option of this command; did you mean '--json'?" list --jsno
check "a backend with a slip is told the nearest" \
	usage_error "did you mean 'vfio/group'?" check -b vfio/gruop "$EDU"
check "a region with a slip is told the nearest" usage_error "did you mean 'config'?" read "$EDU" cnofig 0
check "help of an unknown command is a usage error" usage_error "did you mean 'bind'?" help bnid
check "what is far from all is told without one" usage_error "'frobnicate' is not a command" frobnicate
check "an ambiguous option is told" usage_error "'--ver' is ambiguous" list --ver
check "an option without its argument is told" usage_error "'--backend': this option needs" info --backend
check "an argument of an option that has none is told" \
	usage_error "'--all=3': this option takes no argument" list --all=3
check "ids of another form are a usage error" usage_error "is not VENDOR:DEVICE" info -d 12345:1
check "a file for JSON as an argument of its own is told how" \
	usage_error "a file for JSON is written --json=FILE" compare --json figures "$EDU"
check "a missing address is a usage error" usage_error "too few arguments" info
check "too many addresses are a usage error" usage_error "too many arguments" check a b
check "an unknown backend is a usage error" usage_error "'pci' is not a backend" check -b pci "$EDU"

check "an unknown region is a usage error" usage_error "'bar6' is not a region" read "$EDU" bar6 0
check "a region of too high a number is one" usage_error "port4, 0 to 15" read "$EDU" 16 0
check "a range of ports that is not there is one" usage_error "'port5' is not" read "$EDU" port5 0

tree_is empty
run_on list
check "an empty machine lists nothing" prints_nothing
check "an empty machine lists nothing on stderr either" says_nothing
check "an empty machine is no failure" status_is 0
run_on list --json
check "an empty machine is JSON too" is_json
check "an empty machine has no devices" prints '"devices"'
run_on read 00:1e.0 15 0
check "the last number of a region is one" fails_with "uvio: 0000:00:1e.0: no such PCI device"
run_on read 00:1e.0 port4 0
check "a range of ports is a region" fails_with "uvio: 0000:00:1e.0: no such PCI device"
run_on reset --bus --vf-token 1 00:1e.0
check "a wrong VF token is told" fails_with "uvio: open: the VF token '1' is not a UUID"
run_on check 1e.0
check "an unknown device is a failure" fails_with "uvio: 0000:00:1e.0: no such PCI device"
run_on check eth0
check "a wrong address is a failure" fails_with "uvio: eth0: not an address"
run_on info uio3
check "an unknown UIO device is a failure" fails_with "uvio: uio3: no such UIO device"

tree_is machine
run_on list
check "list shows a card that user space has" prints "$EDU  1234:11e8  uio_pci_generic"
check "list tells on what the card driver has worked" prints "edu   emulation  "
check "list shows no bridge" prints_not "0000:00:1f.0"
run_on list --all
check "list --all shows every device" prints "0000:00:1f.2"
run_on list --json
check "list --json is JSON" is_json
check "list --json has the address" prints "\"$EDU\""
check "list --json has on what the driver has worked" prints '"seen_on": "emulation"'
run_on info $EDU
check "info tells on what the card driver has worked" prints "seen on         emulation"
run_on list -d 1234:11e8
check "list -d shows these ids" prints "$EDU"
check "list -d shows no other" prints_not "0000:00:1f.2"
run_on list -d 8086: --all
check "list -d takes a vendor alone" prints "0000:00:1f.2"
run_on info -d 1234:11e8
check "info finds a device by its ids" prints "$EDU  1234:11e8"
run_on info 4.0 -v
check "options may stand behind the address, which may be short" prints "$EDU  1234:11e8"
run_on info -d 1234:ffff
check "ids that no device has are a failure" fails_with "-d '1234:ffff': no device has these ids"
run_on info -d 8086:
check "ids of several devices are a failure that names them" fails_with "-d '8086:': "
run help frob
check "help of what is no command leads to the list" says "try 'uvio help'"
check "and not elsewhere" sh -c "! grep -q help.*--help '$err'"
run_on bind "$EDU" vfoi
check "a backend that is misspelt: the nearest one" says "did you mean 'vfio'?"
run_on bind "$EDU" e1000
check "a driver that is not loaded: no guess" sh -c "! grep 'did you mean' '$err'"

run_on info 0000:00:1f.2
check "info fits 80 columns" fits

tree_is edu-uio
rm "$tree/sys/devices/pci0000:00/$EDU/uio/uio0/dev" # of a tree nodes are files, and have no number
run_on check "$EDU"
check "check succeeds where a backend is usable" status_is 0
check "check says which is usable" prints "uio: usable"
check "check says which is not" prints "vfio: not bound yet"
check "check says what fixes it" prints "fix: uvio bind $EDU vfio"
check "check prints no errors" says_nothing

tree_is edu-uio
override=$tree/sys/bus/pci/devices/$EDU/driver_override
run_on info "$EDU"
check "info shows that there is no driver_override" prints "driver_override none"
check "info shows that nobody has it" prints "in use          no"
echo vfio-pci >"$override"
run_on info "$EDU"
check "info shows a driver_override that keeps drivers away" prints "driver_override vfio-pci: the"
run_on info --json "$EDU"
check "info shows it in JSON" prints '"driver_override": "vfio-pci"'
run_on check "$EDU"
check "check shows it" prints "driver_override: vfio-pci: the"
run_on check -v -v "$EDU"
searches() { [ "$(grep -c "searched the processes" "$err")" = "$1" ] || show; }
check "users are searched once for all backends" searches 1
run_on check --json "$EDU"
check "check shows it in JSON" prints '"driver_override": "vfio-pci"'
mkdir -p "$tree/run/uvio" && echo "uvio bind 1" >"$tree/run/uvio/bind-$EDU"
run_on check "$EDU"
check "check tells of an interrupted change" prints "a change of the driver is in progress"
rm -r "$tree/run" && echo "(null)" >"$override"
run_on check --json uio0
check "check --json is JSON" is_json
check "check --json has the verdicts" prints '"not bound yet"'
run_on check
check "check without an address looks at the machine" prints "IOMMU: "
check "it has a paragraph for all and one for each backend" prints "machine: usable"
check "check of the machine fits 80 columns" fits
run_on check --json
check "check --json of the machine is JSON" is_json
run_on check --backend vfio "$EDU"
check "check fails where the backend is not usable" status_is 1

run_on read "$EDU" map0 0
check "a BAR is not asked for as a map" \
	fails_with "uvio: $EDU: a PCI device has no map0: its regions are bar0 to bar5"

# Cards whose driver dies

config=$tree/$(sed -n "s|^hex \(.*/config\) .*|\1|p" "$top_srcdir/tests/data/edu-uio.tree")

command_is() { # LOW HIGH
	command=$(od -An -tx1 -j4 -N2 "$config" | tr -d ' ')
	[ "$command" = "$1" ] || { echo "command register $command" && return 1; }
}

run_guarded() { # SHELL-COMMAND
	printf '\007\001' | dd of="$config" bs=1 seek=4 conv=notrunc 2>"$scratch/dd"
	run_on guard "$EDU" -- sh -c "$1"
}

# shellcheck disable=SC2016
run_guarded 'kill -9 $$'
check "guard ends with 128 + N where signal N ended the program (uio 3.16)" status_is 137
check "guard says what it found and did" \
	says "uvio: $EDU: the driver was killed by signal 9 (Killed) with bus mastering on: switched off; INTx masked"
check "guard switches bus mastering off and masks INTx" command_is 0305
check "guard prints nothing" prints_nothing
run_guarded 'exit 3'
check "guard ends with the status of the program" status_is 3
check "guard says what a program left on" says "ended with status 3 with bus mastering on: switched off"
run_guarded "printf '\\003\\005' | dd of='$config' bs=1 seek=4 conv=notrunc 2>/dev/null"
check "guard says nothing of a card that is in order" says_nothing
check "guard succeeds with the program" status_is 0
# shellcheck disable=SC2016
run_guarded 'kill -TERM $PPID; exec sleep 600'
check "guard hands signals on to the program" status_is 143
run_on guard "$EDU" -- /nonexistent/driver
check "guard ends with 127 where there is no such program" status_is 127
run_on guard "$EDU" -- /etc/passwd
check "guard ends with 126 where it is no program" status_is 126
run_on guard --reset "$EDU" -- true
check "guard refuses a reset that there is not" fails_with "no method to reset this card alone"
# shellcheck disable=SC2016
are_null='for fd in 0 1 2; do [ "$(readlink /proc/$$/fd/$fd)" = /dev/null ] || exit 9; done'
run_closed() {
	status=0
	"$uvio" guard --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" "$EDU" -- \
		sh -c "$are_null" <&- >&- 2>&- || status=$?
	status_is 0
}
check "closed standard descriptors become /dev/null" run_closed
closed_output() {
	status=0
	"$uvio" list --sysfs "$tree/sys" 2>"$err" >&- || status=$?
	: >"$out"
	status_is 1 && says "standard output: it could not be written"
}
check "a closed standard output is still an error" closed_output
check "guard without a program is a usage error" usage_error "which program?" guard "$EDU"
check "guard without -- is a usage error" usage_error "which program?" guard "$EDU" true now
run_on guard 00:1e.0 -- true
check "guard of an unknown device is a failure" fails_with "0000:00:1e.0: no such PCI device"

tree_is edu-unbound-no-iommu
run_on check "$EDU"
check "check fails where no backend is usable" status_is 1
check "check says why one is broken" prints "vfio: broken"
check "check names the cause" prints "no IOMMU group"

tree_is group-blocked
run_on check --backend vfio "$EDU"
check "check names the members that block" prints "0000:00:05.0 (e1000e)"

tree_is nvme-mounted
run_on bind 0000:00:0a.0 vfio
check "bind refuses a mounted disk" fails_with "uvio: 0000:00:0a.0: its disk nvme0n1p1 is mounted"
run_on bind 0a.0 0000:00:0a.0 vfio
check "the same device twice is one" fails_with "uvio: 0000:00:0a.0: its disk nvme0n1p1 is mounted"
run_on bind --group 0a.0 vfio
check "bind --group refuses it, too" fails_with "its disk nvme0n1p1 is mounted"
run_on unbind 0a.0 1f.9
check "a wrong address among several changes nothing" fails_with "uvio: 1f.9: not an address"
run_on bind 0000:00:0a.0 nosuch
check "bind refuses an unknown driver" status_is 1

tree_is platform
run_on list
check "list shows a UIO device of another bus" prints "fieldbus"
run_on info name:fieldbus
check "info finds it by its name" status_is 0
check "info tells its name" prints "fieldbus"
check_says_nothing_of() { # TEXT
	run_on check name:fieldbus
	! grep "$1" "$out"
}
check "check names no guard for what none can stop" check_says_nothing_of "guard"
run_on compare name:fieldbus
check "compare says that it knows a UIO device by no ids" \
	fails_with "no ids that select a card driver; name one with --driver: ctucan edu"
run_on read name:fieldbus vga 0
check "a range of ports is not asked for as a region of PCI" \
	fails_with "a UIO device on another bus has no vga: its regions are map0 to map4, port0"
plan
