# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# TAP for scripts that run in the guest: sourced. They print the plan themselves, from $n.

n=0
failed=0

check() { # NAME EXPECTED GOT
  n=$((n + 1))
  if [ "$2" = "$3" ]; then
    echo "ok $n - $1"
  else
    failed=$((failed + 1))
    echo "not ok $n - $1"
    echo "# expected: $2"
    echo "# got:      $3"
  fi
}

as() { # USER COMMAND...
  user=$1
  shift
  su "$user" -c "$*" 2>&1
}

driver() { # ADDRESS
  link=$(readlink "/sys/bus/pci/devices/$1/driver") && basename "$link" || echo none
}
