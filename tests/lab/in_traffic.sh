#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for traffic.test: compares cards that the kernel drives, too.

PATH=/lab:$PATH
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

peer=0000:00:0d.0 can=0000:00:0f.0 serial=0000:00:10.0

# How many columns have each of these figures.
columns() { # FIGURE...
  for figure in "$@"; do
    grep -c "\"$figure\": {" /tmp/json
  done | tr '\n' ' '
}

uvio bind $peer uio >/tmp/bind
uvio compare -p -n 20 --json --peer $peer $can >/tmp/json 2>/tmp/errors
check "CAN: compare succeeds without a complaint" "0 " "$? $(cat /tmp/errors)"
check "CAN: frames are measured in each direction, on both backends and the kernel's driver" \
  "3 3 3 3 " "$(columns can_send_1 can_send_16 can_receive_1 can_receive_16)"
check "CAN: the card that sends to it is told" "\"$peer\"" \
  "$(sed -n 's/^ *"peer": \(.*\),$/\1/p' /tmp/json)"
check "CAN: the kernel's are the baseline of the others" 8 "$(grep -c '"baseline"' /tmp/json)"
can_link can0 500000
uvio compare -n 1 -b kernel $can >/tmp/table 2>&1
check "CAN: an interface that is up is left alone" "1 kernel: the device has no driver now that" \
  "$? $(grep -o 'kernel: the device has no driver now that' /tmp/table)"
ip link set can0 down
check "CAN: the card has its driver again" kvaser_pci "$(driver $can)"

uvio bind $can uio >/tmp/bind
uvio compare -n 1 $can >/tmp/table 2>/tmp/errors
check "CAN: why there is no column of the kernel's driver is below the table" "0 1 0" \
  "$? $(grep -c '^kernel: the device has no driver now that' /tmp/table) $(grep -c '  kernel$' /tmp/table)"
uvio unbind $can >/tmp/bind

uvio compare -n 1 -b uio $can >/tmp/table 2>/tmp/errors
check "CAN: the table has neither self-tests that there are not, nor rows of nothing" "0 none 0" \
  "$? $(sed -n 's/^self-test *//p' /tmp/table) $(grep -c ' -$' /tmp/table)"

uvio compare -n 1 -b uio --peer $peer $can >/tmp/table 2>/tmp/errors
check "CAN: the table says how many frames a peer sends at once" "0 1" \
  "$? $(grep -A1 '^CAN frame received' /tmp/table | grep -c '^  of 4 at once ')"

uvio compare -p -n 20 --json $serial >/tmp/json 2>/tmp/errors
check "serial: compare succeeds without a complaint" "0 " "$? $(cat /tmp/errors)"
check "serial: bytes are measured on both backends and the kernel's driver" "3 3 " \
  "$(columns serial_16 serial_256)"
check "serial: the card has its driver again" serial "$(driver $serial)"
uvio compare -p -n 20 --peer ffff:ff:1f.0 $can >/tmp/table 2>&1
check "a peer that is not there" 1 $?
echo "1..$n"
