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
  for word in ${card_echoes[@]+"${card_echoes[@]}"}; do
    host_echo "${word%:*}" "${word#*:}" "$1"
  done
  for word in ${card_joined[@]+"${card_joined[@]}"}; do
    card_args=(-chardev "socket,id=${word}1,path=$1/$word,server=on,wait=off"
      -chardev "socket,id=${word}2,path=$1/$word" "${card_args[@]}")
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

# host_helper PROGRAM CARD SOCKET ARGUMENT...: makes its socket when it can be reached there. It ends
# with the guest.
host_helper() {
  local i helper=''
  for i in tests/lab "$lab_dir"; do
    [[ ! -x $i/$1 ]] || helper=${helper:-$i/$1}
  done
  [[ $helper ]] || die "tests/lab/$1" "the card $2 needs it:" \
    "run make tests/lab/$1, and the lab in the folder of the build, or leave the card" \
    "out (--card edu)"
  "$helper" "${@:3}" >&2 &
  helpers+=" $!"
  while [[ ! -S $3 && -d /proc/$! ]]; do
    sleep 0.05
  done
  [[ -S $3 ]] || die "$helper" "does not start (reason above)"
}

host_server() { # NAME VECTORS FOLDER
  host_helper ivshmem_server ivshmem "$3/$1.socket" "$2"
  card_args=(-chardev "socket,id=$1,path=$3/$1.socket" ${card_args[@]+"${card_args[@]}"})
}

host_echo() { # NAME LINES FOLDER
  local i
  host_helper serial_echo "with echo" "$3/$1.socket"
  for ((i = 1; i <= $2; i++)); do
    card_args=(-chardev "socket,id=$1$i,path=$3/$1.socket" "${card_args[@]}")
  done
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
