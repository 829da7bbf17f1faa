#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Prints what uvio looks at on this machine as a .tree file, for a test or a bug report:
#
#   sh capture.sh > my-machine.tree                   every PCI and UIO device
#   sh capture.sh 0000:06:0d.0 > my-machine.tree      this PCI function, and its IOMMU group
#
# Nothing is changed and no device is opened. As root the configuration spaces are complete. The
# names of mounts and of network interfaces are in it: look through it before you send it.
# Works with any POSIX shell, busybox too. The format is described in ../treefile.h.

say_file() { # PATH
	[ -r "$1" ] || return 0
	text=$(awk '{ gsub(/\\/, "\\\\"); printf "%s\\n", $0 }' "$1" 2>/dev/null) || return 0
	echo "file ${1#/} $text"
}

say_hex() { # PATH
	[ -r "$1" ] || return 0
	echo "hex ${1#/} $(od -An -v -tx1 "$1" | tr -d ' \n')"
}

say_link() { # PATH
	[ -L "$1" ] || return 0
	echo "link ${1#/} $(readlink "$1")"
}

say_mode() { # PATH
	echo "mode ${1#/} $(stat -c %04a "$1")"
}

say_node() { # PATH; an ordinary file stands for it
	[ -e "$1" ] || return 0
	echo "file ${1#/}"
	say_mode "$1"
}

# Disks and network interfaces below a function, which show whether it is in use.
say_users() { # FOLDER
	find "$1" -name subsystem -type l 2>/dev/null | while read -r link; do
		case $(readlink "$link") in
		*/class/net | */class/block) ;;
		*) continue ;;
		esac
		folder=${link%/subsystem}
		say_link "$link"
		say_file "$folder/flags"
		say_file "$folder/dev"
		for holder in "$folder"/holders/*; do
			say_link "$holder"
		done
	done
}

say_maps() { # FOLDER, of a uioN
	for map in "$1"/maps/map* "$1"/portio/port*; do
		[ -d "$map" ] || continue
		for file in name addr size offset start porttype; do
			[ ! -e "$map/$file" ] || say_file "$map/$file"
		done
	done
}

say_uio() { # NAME
	folder=$(readlink -f "/sys/class/uio/$1")
	say_link "/sys/class/uio/$1"
	say_link "$folder/device"
	say_link "$folder/subsystem"
	for file in name version event dev; do
		say_file "$folder/$file"
	done
	say_maps "$folder"
	say_node "/dev/$1"
	parent=$(readlink -f "$folder/device")
	for file in driver subsystem iommu_group; do
		say_link "$parent/$file"
	done
}

say_group() { # NUMBER
	say_file "/sys/kernel/iommu_groups/$1/type"
	for member in "/sys/kernel/iommu_groups/$1/devices"/*; do
		say_link "$member"
	done
	say_node "/dev/vfio/$1"
}

say_driver() { # NAME
	[ -d "/sys/bus/pci/drivers/$1" ] || return 0
	echo "file sys/bus/pci/drivers/$1/bind"
	echo "file sys/bus/pci/drivers/$1/unbind"
}

say_function() { # ADDRESS
	link=/sys/bus/pci/devices/$1
	folder=$(readlink -f "$link")
	say_link "$link"
	for file in vendor device class revision subsystem_vendor subsystem_device irq resource \
		driver_override reset_method; do
		say_file "$folder/$file"
	done
	say_hex "$folder/config"
	say_mode "$folder/config"
	echo "file ${folder#/}/remove"
	say_mode "$folder/remove"
	[ ! -e "$folder/reset" ] || echo "file ${folder#/}/reset"
	for file in driver iommu_group subsystem; do
		say_link "$folder/$file"
	done
	[ ! -L "$folder/driver" ] || say_driver "$(basename "$(readlink "$folder/driver")")"
	[ ! -L "$folder/iommu_group" ] || say_group "$(basename "$(readlink "$folder/iommu_group")")"
	for uio in "$folder"/uio/uio*; do
		[ ! -d "$uio" ] || say_uio "$(basename "$uio")"
	done
	say_users "$folder"
}

say_drivers() {
	echo "file sys/bus/pci/drivers_probe"
	say_driver uio_pci_generic
	say_driver vfio-pci
	say_node /dev/vfio/vfio
}

# The group's other members go along: the kernel asks them too.
members() { # ADDRESS...
	for address in "$@"; do
		echo "$address"
		ls "/sys/bus/pci/devices/$address/iommu_group/devices" 2>/dev/null
	done | sort -u
}

say_devices() { # [ADDRESS...]
	if [ $# -gt 0 ]; then
		for address in $(members "$@"); do
			say_function "$address"
		done
		return
	fi
	for link in /sys/bus/pci/devices/*; do
		[ ! -e "$link" ] || say_function "$(basename "$link")"
	done
	for link in /sys/class/uio/*; do
		[ ! -e "$link" ] || say_uio "$(basename "$link")"
	done
}

echo "# Linux $(uname -r) $(uname -m)"
echo "dir sys/bus/pci/devices"
echo "dir sys/class/uio"
{
	say_devices "$@"
	say_drivers
	say_file /sys/kernel/security/lockdown
	say_file /sys/module/vfio_iommu_type1/parameters/dma_entry_limit
	for file in swaps self/mountinfo; do
		say_file "/proc/$file"
	done
} | awk '!seen[$0]++'
