#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for example.test.

card=0000:00:04.0
testdev=0000:00:07.0
port=0000:01:00.0
ivshmem=0000:00:0a.0
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

# The keys of a document of JSON, one a line, in order.
keys() {
  sed -n 's/^ *"\([a-z0-9_]*\)": *.*/\1/p' | sort -u | tr '\n' ' '
}

# until_open PID FILE: it has such a file open, or has ended.
until_open() {
  while [ -d "/proc/$1/fd" ] && ! ls -l "/proc/$1/fd" 2>/dev/null | grep -q "$2"; do
    sleep 0.1
  done
}

figure='max median p99 unit'

uvio bind $card vfio >/dev/null
check "example: on vfio" vfio "$(example $card)"
uvio bind $card uio >/dev/null
check "example: on uio" uio "$(example $card)"
uvio bind $card none >/dev/null
check "example: says why not" \
  "0000:00:04.0: no backend can drive it now. vfio: not bound to vfio-pci; uvio bind \
0000:00:04.0 vfio. uio: not bound to a UIO driver; uvio bind 0000:00:04.0 uio." \
  "$(example $card)"

# The examples of the manual pages.
for backend in vfio uio; do
  [ $backend = vfio ] && bound=vfio-pci || bound=uio_pci_generic
  check "example_bind: to $backend" $bound "$(example_bind $card $backend)"
  check "example_check: $backend is usable" "$backend: usable" \
    "$(example_check $card | grep "^$backend:")"
  [ $backend = vfio ] && way=vfio/group || way=uio
  check "example_context: on $backend" "<2> $card: open on $way" \
    "$(example_context $card 2>&1 | tail -n 1)"
  check "example_udev: on $backend" "$backend 1234:11e8" "$(example_udev $card | cut -d ' ' -f 1-2)"
  check "example_region: on $backend" 0x010000ed "$(example_region $card | tail -n 1)"
  check "example_irq: on $backend" "3 interrupts" "$(example_irq $card | cut -d , -f 1)"
  check "example_dma: on $backend" "through the card" "$(example_dma $card)"
  example_event $card >/tmp/event &
  until_open $! eventpoll
  echo $card >/sys/bus/pci/devices/$card/driver/unbind
  wait $!
  status=$?
  [ $backend = vfio ] && event='the kernel asks for it' || event=gone
  check "example_event: on $backend" "0 $event" "$status $(cat /tmp/event)"
  uvio bind $card $backend >/dev/null
  check "example_guard: on $backend" "bus mastering was $([ $backend = uio ] && echo on || echo off)" \
    "$(example_guard $card "printf '\\006' | dd of=/sys/bus/pci/devices/$card/config bs=1 seek=4 \
conv=notrunc 2>/dev/null")"
done
uvio bind $card vfio >/dev/null
uvio bind $port vfio >/dev/null
check "example_domain: on vfio" "one iova for both" "$(example_domain $card $port)"
uvio bind $card uio >/dev/null
uvio bind $port uio >/dev/null
check "example_domain: on uio" "one iova for both" "$(example_domain $card $port)"
uvio bind $port none >/dev/null
check "example_device: lists the card" "$card uio_pci_generic" "$(example_device | grep "^$card")"
example_bind $testdev none >/dev/null
uvio bind $card none >/dev/null

uvio bind $card pci-stub >/dev/null 2>&1
check "compare: no driver is bound before" none "$(driver $card)"
uvio compare -n 50 $card >/tmp/table 2>/tmp/errors
check "compare: succeeds" 0 $?
check "compare: no complaint" "" "$(cat /tmp/errors)"
check "compare: both backends are usable" 1 "$(grep -c '^usable  *yes  *yes$' /tmp/table)"
check "compare: leaves no driver where none was" none "$(driver $card)"

uvio bind $card uio >/dev/null
uvio compare -n 20 $card >/tmp/table 2>&1
check "compare: of a device on uio, both are usable" 1 "$(grep -c '^usable  *yes  *yes$' /tmp/table)"
check "compare: leaves it on uio" uio_pci_generic "$(driver $card)"

uvio bind $card vfio >/dev/null
uvio compare -n 1 -b vfio/cdev,vfio/group,vfio/compat,vfio/noiommu,uio $card >/tmp/table 2>&1
check "compare: five columns succeed" 0 $?
check "compare: they have 80 characters, and each a blank before it" \
  "5 vfio/ vfio/ vfio/ vfio/ cdev group compat noiommu uio " \
  "$(sed -n 's/^usable//p' /tmp/table | wc -w) $(sed -n '3,4p' /tmp/table | tr -s ' \n' ' ' | cut -c2-)"
check "compare: and no line has more" "" "$(awk 'length > 80' /tmp/table)"
uvio compare -n 50 --json $card >/tmp/json
check "compare: with JSON succeeds" 0 $?
check "compare: leaves the driver that was there" vfio-pci "$(driver $card)"
check "compare: the keys of the JSON" \
  "$(echo "address backends caps clock cpus device device_name dma_map_unmap dma_round_trip driver failed \
host iova_lookup irq kernel kind machine $figure name open passed reason reg_read reg_write selftest skipped syscalls \
usable vendor vendor_name" | tr -s ' ' '\n' | sort -u | tr '\n' ' ')" "$(keys </tmp/json)"
check "compare: MSI takes one system call" 1 "$(grep -A1 '"kind": "msi"' /tmp/json |
  grep -c '"syscalls": 1.0')"
# Where a write of one byte does not reach the switch of INTx, as on this QEMU, uio reads it first.
check "compare: INTx takes two on vfio, and one more on uio here" "2.0 3.0 " \
  "$(grep -A1 '"kind": "intx"' /tmp/json | sed -n 's/.*"syscalls": \([0-9.]*\).*/\1/p' | sort |
    tr '\n' ' ')"
check "compare: no case of a self-test failed" 2 "$(grep -c '"failed": 0' /tmp/json)"

uvio compare -n 50 --json $ivshmem >/tmp/json 2>/tmp/errors
check "compare: a card with MSI-X only" "0 " "$? $(cat /tmp/errors)"
check "compare: of its interrupts there are those of vfio" "msix" \
  "$(sed -n 's/.*"kind": "\([a-z]*\)".*/\1/p' /tmp/json)"
check "compare: uio skips its case of interrupts" "0 1 " \
  "$(sed -n 's/.*"skipped": \([0-9]*\).*/\1/p' /tmp/json | tr '\n' ' ')"
uvio compare -n 50 --json $testdev >/tmp/json 2>/tmp/errors
check "compare: a card without interrupts and DMA" "0 " "$? $(cat /tmp/errors)"
check "compare: both backends pass its cases" 2 "$(grep -c '"passed": 2' /tmp/json)"
# A driver outside the tree is equal to one inside. Figures, of which the digits are in groups of
# three, and the names of the drivers, differ.
shape() {
  sed 's/testdev-example/testdev/; s/[0-9][0-9.]*/N/g; s/N\( N\)*/N/g; s/   */  /g; s/ *$//'
}

if [ -f example.so ]; then
  uvio compare -n 50 $testdev 2>/tmp/errors | shape >/tmp/inside
  uvio compare -n 50 --module example.so $testdev 2>>/tmp/errors | shape >/tmp/outside
  check "module: nothing to complain about" "" "$(cat /tmp/errors)"
  check "module: the same table" "$(cat /tmp/inside)" "$(cat /tmp/outside)"
  uvio compare -n 50 --module example.so --json $testdev >/tmp/outside.json
  check "module: the same JSON" "$(shape </tmp/json)" "$(shape </tmp/outside.json)"
  check "module: its driver was compared" '"driver": "testdev-example",' \
    "$(grep -o '"driver": .*' /tmp/outside.json)"
  check "module: both backends pass its case" 2 "$(grep -c '"passed": 1' /tmp/outside.json)"
fi
uvio bind $ivshmem vfio >/dev/null
check "irq: a vector is raised and taken" 1 \
  "$(uvio irq --timeout 600000 --kind msix --vector 3 --raise --count 1 $ivshmem | grep -c 'vector 3\|event')"
uvio bind $ivshmem none >/dev/null

uvio compare -n 100000 $card >/tmp/table 2>/dev/null &
until_open $! '/dev/vfio\|/dev/uio'
kill -TERM $!
wait $!
check "compare: ended by SIGTERM says so" 143 $?
check "compare: and gives the device back" vfio-pci "$(driver $card)"
check "compare: and the card works" 0x010000ed "$(uvio read $card bar0 0)"
echo "1..$n"
