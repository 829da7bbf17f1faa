#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for boot.test: other cards are in the slots.

# shellcheck source=in_tap.sh
. /lab/in_tap.sh
# shellcheck source=in_udev.sh
. /lab/in_udev.sh

start_udev
udevadm trigger --type=devices --action=add
settled "other cards"
for address in 0000:00:04.0 0000:01:00.0; do
  n=$((n + 1))
  if [ -e /sys/bus/pci/devices/$address ] && [ ! -e /sys/bus/pci/devices/$address/driver ]; then
    echo "ok $n - another card in the slot $address is left alone"
  else
    echo "not ok $n - another card in the slot $address is left alone"
  fi
done
n=$((n + 1))
if uvio unbind --persist 0000:00:1e.0 >/dev/null 2>&1; then
  echo "not ok $n - a slot that had nothing has nothing to end"
else
  echo "ok $n - a slot that had nothing has nothing to end"
fi
n=$((n + 1))
mv /etc/udev/rules.d/70-uvio-0000:00:04.0.rules /etc/udev/rules.d/70-uvio-0000:00:1e.0.rules
if uvio unbind --persist 0000:00:1e.0 >/dev/null && [ ! -e /etc/udev/rules.d/70-uvio-0000:00:1e.0.rules ]; then
  echo "ok $n - the files of a card that is not there any more are removed"
else
  echo "not ok $n - the files of a card that is not there any more are removed"
fi
echo "1..$n"
