#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# In the guest: what a frame and a byte cost on each card with channels, beside the kernel's driver.

PATH=/lab:$PATH

there() { # ADDRESS
  [ -e "/sys/bus/pci/devices/0000:00:$1" ]
}

figures() { # OPTION... ADDRESS
  uvio compare -p -n 100 --json "$@" || status=1
}

status=0
# First between its own channels, which one service has in hand; then from another card.
if there 0c.0; then
  figures 0c.0
  figures --fd 0c.0
fi
if there 0b.0; then
  uvio bind 0b.0 uio >/dev/null
  figures --peer 0b.0 0c.0
  figures --fd --peer 0b.0 0c.0
fi
# Its one channel needs another card on its bus, which the kernel has no driver for.
if there 0f.0; then
  uvio bind 0d.0 uio >/dev/null && figures --peer 0d.0 0f.0
fi
if there 10.0; then
  figures 10.0
fi
exit $status
