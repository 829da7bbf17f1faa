#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for boot.test: a machine which starts with the files of another boot.

vfio=0000:00:04.0
uio=0000:01:00.0
twin=0000:03:01.0 # of the same ids
# shellcheck source=in_tap.sh
. /lab/in_tap.sh
# shellcheck source=in_udev.sh
. /lab/in_udev.sh

owner() {
  stat -c %u "$@" 2>&1 | sort -u | tr '\n' ' '
}

group=$(basename "$(readlink /sys/bus/pci/devices/$vfio/iommu_group)")

# As a machine that boots: another driver was first, and then udev looks at all there is.
uvio bind $vfio uio >/dev/null 2>&1
check "second boot: another driver is first" uio_pci_generic "$(driver $vfio)"
check "second boot: none is first" none "$(driver $uio)"
start_udev
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
settled "second boot"
check "second boot: vfio has its card" vfio-pci "$(driver $vfio)"
check "second boot: uio has its card" uio_pci_generic "$(driver $uio)"
check "second boot: a card of the same ids is left alone" none "$(driver $twin)"
check "second boot: the group's node is the user's" "1000 " "$(owner "/dev/vfio/$group")"
[ ! -e /dev/vfio/devices ] ||
  check "second boot: the device's node is the user's" "1000 " "$(owner /dev/vfio/devices/*)"
check "second boot: the UIO node is the user's" "1000 " "$(owner /dev/uio*)"
[ "$failed" = 0 ] || tell_udev $vfio $uio
check "second boot: the registers on uio are the user's" "1000 " \
  "$(owner /sys/bus/pci/devices/$uio/config /sys/bus/pci/devices/$uio/resource0)"
check "second boot: those of no other card" "0 " "$(owner /sys/bus/pci/devices/$vfio/config \
  /sys/bus/pci/devices/$vfio/resource0 /sys/bus/pci/devices/$twin/config)"
check "second boot: the user drives vfio" vfio "$(as user example $vfio)"
check "second boot: the user drives uio" uio "$(as user example $uio)"
for address in $vfio $uio; do
  check "second boot: nobody else does" 1 \
    "$(as other example "$address" | grep -c 'cannot be opened\|not permitted\|EACCES')"
done
[ ! -e /dev/iommu ] ||
  check "second boot: the user drives vfio/cdev" 0 "$(as user uvio read --backend vfio/cdev $vfio bar0 0 >/dev/null; echo $?)"

# The binding is made again for a card that is plugged in, and ended for good.
echo 1 >/sys/bus/pci/devices/$uio/remove
echo 1 >/sys/bus/pci/rescan
settled "plugged in"
check "plugged in: uio has its card" uio_pci_generic "$(driver $uio)"
[ "$failed" = 0 ] || tell_udev $uio
check "plugged in: the user drives it" uio "$(as user example $uio)"
uvio bind $uio none >/dev/null 2>/tmp/note
check "taken off by hand: that the next boot differs is said" 1 "$(grep -c 'until the next boot' /tmp/note)"
settled "taken off by hand"
check "taken off by hand: the registers are root's" "0 " \
  "$(owner /sys/bus/pci/devices/$uio/config /sys/bus/pci/devices/$uio/resource0)"
uvio unbind --persist $uio >/dev/null
check "ended: the command succeeds" 0 $?
uvio unbind --persist $vfio >/dev/null
check "ended: no files are left" 0 "$(find /etc/udev /etc/modules-load.d -type f | wc -l)"
udevadm control --reload
udevadm trigger --type=devices --action=add
settled "ended"
check "ended: nothing is bound" "none none" "$(driver $vfio) $(driver $uio)"
echo "1..$n"
