#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for boot.test: binds two cards for ever, and hands out what was written.

vfio=0000:00:04.0
uio=0000:01:00.0
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

uvio bind --persist --owner user $vfio vfio >/dev/null
check "first boot: vfio is bound, and kept" 0 $?
uvio bind --persist --owner 1000 $uio uio >/dev/null 2>/tmp/note
check "first boot: uio is bound, and kept" 0 $?
check "first boot: what the owner of a card on uio may is said" 1 "$(grep -c 'trust as root' /tmp/note)"
check "first boot: the user drives vfio" vfio "$(as user example $vfio)"
check "first boot: the user drives uio" uio "$(as user example $uio)"
uvio bind --persist --owner nobody-of-that-name $vfio vfio 2>/tmp/error
check "first boot: an unknown user is refused" \
  "1 uvio: nobody-of-that-name: no such user on this machine" "$? $(cat /tmp/error)"
mkdir /etc/driverctl.d
echo vfio-pci >/etc/driverctl.d/pci-$vfio
uvio bind --persist $vfio vfio 2>/tmp/error
check "first boot: not against driverctl" 1 "$(grep -c "driverctl unset-override $vfio" /tmp/error)"
check "first boot: nothing is left beside the files" 4 "$(find /etc/udev /etc/modules-load.d -type f | wc -l)"
echo "1..$n"
tar -c -C /etc udev modules-load.d | gzip | base64 | sed 's/^/etc /'
