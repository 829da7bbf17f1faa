# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The real udev, for scripts that run in the guest: sourced, after in_tap.sh.

udev_log=/tmp/udev.log

# At this level the daemon keeps its output; it returns when it listens.
start_udev() {
  SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console systemd-udevd --daemon >$udev_log 2>&1
}

# It gives up after two minutes, which a guest on a busy machine may need, and says so by its status
# only: whoever went on then would look too early.
settled() { # WHEN
  for _ in 1 2 3 4 5; do
    ! udevadm settle || return 0
  done
  check "$1: udev is settled" settled "busy for ten minutes"
}

# What tells why a card is not where its rule puts it.
tell_udev() { # ADDRESS...
  for address in "$@"; do
    echo "# $address: driver $(driver "$address"), driver_override" \
      "$(cat "/sys/bus/pci/devices/$address/driver_override")"
    grep -n "$address\|uvio" $udev_log | sed 's/^/#   /' | tail -n 60
  done
  echo "# $(wc -l <$udev_log) lines of udev's log; the last ones:"
  tail -n 20 $udev_log | sed 's/^/#   /'
}
