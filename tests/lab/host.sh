# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: what runs on the host beside QEMU, for a card or for the program.

# Adds to card_args what QEMU has to know of it.
host_prepare() { # FOLDER
  local word i=0
  for word in ${card_servers[@]+"${card_servers[@]}"}; do
    host_server "${word%:*}" "${word#*:}" "$1"
  done
  for word in ${card_tables[@]+"${card_tables[@]}"}; do
    # shellcheck disable=SC2059
    printf "$(sed 's/../\\x&/g' <<<"$word")" >"$1/table$i"
    card_args+=(-acpitable "file=$1/table$i")
    i=$((i + 1))
  done
  if [[ $opt_monitor ]]; then
    mkfifo "$1/monitor.in" "$1/monitor.out"
    card_args+=(-chardev "pipe,id=monitor,path=$1/monitor" -mon chardev=monitor)
  fi
}

# The server makes its socket when it can be reached there. It ends with the guest.
host_server() { # NAME VECTORS FOLDER
  local i server='' socket=$3/$1.socket
  for i in tests/lab "$lab_dir"; do
    [[ ! -x $i/ivshmem_server ]] || server=${server:-$i/ivshmem_server}
  done
  [[ $server ]] || die tests/lab/ivshmem_server "the card ivshmem needs it:" \
    "run make tests/lab/ivshmem_server, and the lab in the folder of the build, or leave the card" \
    "out (--card edu)"
  "$server" "$socket" "$2" >&2 &
  helpers+=" $!"
  while [[ ! -S $socket && -d /proc/$! ]]; do
    sleep 0.05
  done
  [[ -S $socket ]] || die "$server" "does not start (reason above)"
  card_args=(-chardev "socket,id=$1,path=$socket" ${card_args[@]+"${card_args[@]}"})
}

# The guest runs: its program may want the monitor.
host_follow() { # FOLDER
  [[ $opt_monitor ]] || return 0
  cat "$1/monitor.out" >"$1/monitor.log" &
  helpers+=" $!"
  host_monitor "$1" &
  helpers+=" $!"
}

# The program writes to the terminal which tells its end, too. tail ends with the guest.
host_monitor() { # FOLDER
  local word command
  exec 8<>"$1/monitor.in" # for reading, too: so it opens whether or not QEMU is there
  tail -q -s 0.05 -c +1 -f --pid="$guest_pid" "$1/control" 2>/dev/null |
    while read -r word command; do
      [[ $word != monitor ]] || echo "$command" >&8
    done
}
