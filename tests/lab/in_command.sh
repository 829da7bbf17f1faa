#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for command.test.

card=0000:00:04.0
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

uvio() { /lab/uvio "$@"; }

# Once the command catches SIGINT, the second bit of the mask.
interrupt() { # SIGNAL
  until pid=$(pidof uvio) && grep -q '^SigCgt:.*[2367abef]$' "/proc/$pid/status"; do
    sleep 0.1
  done
  kill "-$1" "$pid"
}

# Two cards that share an IOMMU group, behind bridges of which one is in the group.
group=$(uvio list -d 1234:11e8 | sed -n 's/ .*//; /^0000:0[1-9a-f]/p')
first=$(echo "$group" | sed -n 1p)
second=$(echo "$group" | sed -n 2p)

check "bind: several devices" "$card: vfio-pci (was no driver) $first: vfio-pci (was no driver)" \
  "$(echo $(uvio bind 4.0 "$first" vfio 2>/dev/null))"
check "unbind: several devices" "no driver no driver" \
  "$(echo $(uvio unbind 4.0 "$first" | sed 's/[^:]*:[^:]*:[^:]*: //; s/ (.*//'))"
check "bind: where the second cannot be, the first is given back" "1 none" \
  "$(uvio bind 4.0 00.0 vfio 2>/tmp/errors; echo $? "$(driver $card)")"
check "bind: and that is told" 1 "$(tr -s '\n ' ' ' </tmp/errors | grep -c "$card: it has no driver again")"
check "bind --group: every card of the group" "vfio-pci vfio-pci" \
  "$(uvio bind --group "$first" vfio >/dev/null; echo $(driver "$first") $(driver "$second"))"
check "bind -d: every card with these ids" "uio_pci_generic uio_pci_generic uio_pci_generic" \
  "$(uvio bind -d 1234:11e8 uio >/dev/null; echo $(driver $card) $(driver "$first") $(driver "$second"))"
check "info: the card is not in its own way" 0 "$(uvio info 4.0 | grep -c 'blocks the group')"
check "info: the other card of the group is in the way" 1 \
  "$(uvio info "$first" | grep -c "with $second uio_pci_generic, blocks the group")"
check "bind: with a device in use, none is changed" "1 uio_pci_generic" \
  "$(sleep 600 3<"/dev/$(ls /sys/bus/pci/devices/$first/uio)" & sleep=$!
    until readlink /proc/$sleep/fd/3 >/dev/null; do :; done
    uvio bind 4.0 "$first" vfio 2>/tmp/errors; echo $? "$(driver $card)"; kill $sleep)"
check "bind: and that is told" 1 "$(tr -s '\n ' ' ' </tmp/errors | grep -c 'no device was changed')"
uvio bind 4.0 vfio >/dev/null
sleep 600 3<"/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$card/iommu_group)")" & sleep=$!
until readlink /proc/$sleep/fd/3 >/dev/null; do :; done
uvio compare 4.0 >/tmp/out 2>/tmp/errors
kill $sleep
wait $sleep 2>/dev/null
check "compare: of a card in use, that is the reason" 2 \
  "$(tr -s '\n ' ' ' </tmp/out | grep -o "process $sleep (sleep)" | wc -l)"
check "compare: where there is no figure, none is explained" 0 "$(grep -c Medians /tmp/out)"
cp /lab/uvio /tmp/uvio && chmod 755 /tmp/uvio
for command in "bind 4.0 uio" "unbind 4.0"; do
  su user -c "/tmp/uvio $command" 2>/tmp/errors
  check "$command: an ordinary user is told what it takes" 1 "$(grep -c 'to bind, run as root' /tmp/errors)"
done
uvio bind 4.0 uio >/dev/null
uvio bind -v 4.0 vfio >/dev/null 2>/tmp/errors
check "bind -v: what is written to sysfs" 1 \
  "$(tr -s '\n ' ' ' </tmp/errors | grep -c "writing 'vfio-pci' to bus/pci/devices/$card/driver_override")"

check "read: one register" 0x010000ed "$(uvio read 4.0 bar0 0)"
check "read: a range" "0x0000: 010000ed 00000000 |........|" \
  "$(uvio read 4.0 bar0 0-7 | tr -s ' ')"
check "read: a range in bytes" "0x0000: 34 12 e8 11 |4...|" \
  "$(uvio read -w 1 4.0 config 0 --count 4 | tr -s ' ')"
check "read --json" '"0x010000ed"' "$(uvio read --json 4.0 bar0 0 | grep -o '"0x.*"')"
check "write --json" '"0x00000005"' "$(uvio write --json 4.0 bar0 4 5 | grep -o '"0x.*"')"
for backend in vfio uio; do
  uvio bind 4.0 $backend >/dev/null
  check "$backend: irq: a summary at the end" 1 \
    "$(uvio irq --raise -n 3 -t 60000 4.0 | grep -c '^3 events in 3 waits')"
  check "$backend: irq --json: the waits" 3 "$(uvio irq --raise -n 3 -t 60000 4.0 --json | grep -c time_ns)"
  check "$backend: irq without an end: Ctrl-C is no failure" "0 events 0" \
    "$(interrupt INT & uvio irq 4.0 >/tmp/out; status=$?; echo "$(cut -c 1-8 /tmp/out)" $status)"
  check "$backend: irq without an end: another signal is told" 143 \
    "$(interrupt TERM & uvio irq 4.0 >/tmp/out; echo $?)"
done
uvio guard --json=/tmp/guard 4.0 -- sh -c 'exit 3' 2>/dev/null
check "guard --json" '"status": 3,' "$(grep -o '"status.*' /tmp/guard)"
check "bind --json" '"kernel_driver": "vfio-pci"' "$(uvio bind --json 4.0 vfio | grep -o '"kernel_driver".*"vfio-pci"')"
check "reset --json: a failure prints nothing" "" "$(uvio reset --json 4.0 2>/dev/null)"
echo "1..$n"
