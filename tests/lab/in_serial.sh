#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for serial.test: in_serial.sh BYTES TRANSPORT PART...

bytes=$1
transport=$2
shift 2
one=0000:00:10.0
four=0000:00:11.0
octal=0000:00:12.0
ours=0000:00:14.0
kernels=0000:00:15.0
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

bind() { # ADDRESS
  uvio bind "$1" "${transport%%/*}" >/dev/null || echo "# $1 cannot be bound"
}

# start LAST-LINK ARGUMENT...: returns once all its links are there, or it has ended.
start() {
  last=$1
  shift
  uvio serial -b "$transport" "$@" >/tmp/out 2>/tmp/err &
  pid=$!
  until [ -h "$last" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
}

stop() {
  kill -TERM $pid
  wait $pid
}

lines() { # COUNT: the names of the links
  i=0
  while [ $i -lt "$1" ]; do
    echo /run/line$i
    i=$((i + 1))
  done
}

# A register of the UART, past the driver: only while the line is at rest. Not every kernel has it.
port_of() { printf %d "$(sed -n "1s/ .*//p" "/sys/bus/pci/devices/$1/resource")"; }
reg() { dd if=/dev/port bs=1 skip=$((port + $1)) count=1 2>/dev/null | od -An -tu1 | tr -d ' '; }
set_reg() { printf "\\$(printf %o "$2")" | dd of=/dev/port bs=1 seek=$((port + $1)) conv=notrunc 2>/dev/null; }
divisor() {
  lcr=$(reg 3)
  set_reg 3 $((lcr | 128))
  echo $(($(reg 0) + $(reg 1) * 256))
  set_reg 3 "$lcr"
}

# until_speed BAUD: the command itself says what is in effect.
until_speed() {
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -f /tmp/json
    kill -USR1 $pid
    until [ -s /tmp/json ] || ! kill -0 $pid; do sleep 0.1; done
    ! grep -q "\"speed\": $1,\?$" /tmp/json || return 0
  done
  echo "$1 bit/s never comes into effect"
}

one_line() {
  bind $one
  start /run/line0 -l /run/line0 -o user:tty $one/0
  check "$transport: it belongs to whom --owner names" "user:tty 660" \
    "$(stat -c '%U:%G %a' "$(readlink /run/line0)")"
  check "$transport: one line, $bytes bytes out and back" ok \
    "$(t_serial_pty echo "$bytes" /run/line0)"
  start_pid=$pid
  uvio serial -b "$transport" $one/0 >/tmp/second 2>&1
  check "$transport: a second process: 1, and who has it" "1 1" "$? $(grep -c "process $pid (uvio)" /tmp/second)"
  check "$transport: the first one goes on" ok "$(t_serial_pty echo 1000 /run/line0)"
  pid=$start_pid
  stop
  check "$transport: SIGTERM: 0, and the link is gone" "0 1" "$? $([ ! -h /run/line0 ]; echo $(($? == 0)))"
  check "$transport: what came was told, and nothing lost" 1 \
    "$(tr -s '\n ' ' ' </tmp/err | grep -c "received [0-9]*, sent [0-9]* bytes; lost 0, overruns 0,")"
  [ -c /dev/port ] || return
  port=$(port_of $one)
  check "$transport: the card is silent: IER, MCR" "0 0" "$(reg 1) $(reg 4)"
}

rates() {
  bind $one
  start /run/line0 -l /run/line0 --json=/tmp/json $one/0
  port=$(port_of $one)
  exec 9<>/run/line0
  wrong=
  for rate in 50 75 110 134 150 200 300 600 1200 1800 2400 4800 9600 19200 38400 57600 115200; do
    stty -F /run/line0 $rate
    until_speed $rate
    # The nearest one to 115200 / rate.
    [ "$(divisor)" = $(((115200 + rate / 2) / rate)) ] && [ "$(stty -F /run/line0 speed)" = $rate ] ||
      wrong="$wrong $rate"
  done
  check "$transport: each standard rate is set and read back" "" "$wrong"
  stty -F /run/line0 230400
  until_speed 115200
  check "$transport: one that the card has not: the former stays" "1 115200" \
    "$(divisor) $(stty -F /run/line0 speed)"
  check "$transport: and that is told" 1 "$(tr -s '\n ' ' ' </tmp/err | grep -c '230400 bit/s: .*keeps its former settings')"
  stty -F /run/line0 9600 cstopb
  until_speed 9600
  check "$transport: two stop bits, DTR and RTS on" "7 11" "$(reg 3) $(reg 4)"
  exec 9<&-
  until [ "$(reg 4)" = 8 ]; do sleep 0.1; done
  check "$transport: closed: DTR and RTS off" 8 "$(reg 4)"
  stop
}

four_lines() {
  bind $four
  start /run/line3 -l /run/line $four
  # shellcheck disable=SC2046
  check "$transport: four lines at once, settings change" ok \
    "$(t_serial_pty echo $((bytes / 16)) $(lines 4))"
  stop
}

eight_lines() {
  bind $octal
  start /run/line7 -l /run/line $octal
  # shellcheck disable=SC2046
  check "$transport: eight lines of IP-Octal at once, settings change" ok \
    "$(t_serial_pty echo $((bytes / 16)) $(lines 8))"
  stop
}

# The serial port of the kernel that a device has.
tty_of() { # ADDRESS
  for tty in /sys/class/tty/ttyS*; do
    case $(readlink -f "$tty") in */"$1"/*) basename "$tty" ;; esac
  done
}

# A kernel that has four ports only gives up that of our standard error, which the lab can do
# without from here on.
free_a_port() {
  [ -z "$(tty_of $kernels)" ] || return
  exec 2>/dev/null
  readlink -f /sys/class/tty/ttyS2 | sed 's,.*/pnp0/\([^/]*\)/.*,\1,' >/sys/bus/pnp/drivers/serial/unbind
  echo "$kernels" >/sys/bus/pci/drivers/serial/unbind
  echo "$kernels" >/sys/bus/pci/drivers/serial/bind
}

# The other end is a serial port of the kernel.
peer() {
  free_a_port
  peer=/dev/$(tty_of $kernels)
  bind $ours
  start /run/line0 -l /run/line0 $ours/0
  check "$transport: with the kernel's driver at the other end" ok \
    "$(t_serial_pty pair $((bytes / 8)) /run/line0 "$peer")"
  if [ -x /lab/t_modbus ]; then
    check "$transport: Modbus RTU, we the server" ok "$(t_modbus /run/line0 "$peer" 10)"
    check "$transport: Modbus RTU, we the client" ok "$(t_modbus "$peer" /run/line0 10)"
    port=$(port_of $ours)
    [ ! -c /dev/port ] || check "$transport: and libmodbus had even parity" 27 "$(reg 3)"
  else
    n=$((n + 1))
    echo "ok $n - $transport: Modbus RTU # SKIP libmodbus is missing: install libmodbus-dev"
  fi
  if [ -x /lab/picocom ]; then
    stty -F "$peer" 9600 raw -echo
    (cat "$peer" >/tmp/got) &
    reader=$!
    echo "through picocom" | picocom -q -b 9600 -x 2000 /run/line0 >/dev/null 2>/tmp/picocom
    for i in 1 2 3 4 5 6 7 8 9 10; do
      grep -q "through picocom" /tmp/got && break
      sleep 0.5
    done
    kill $reader
    check "$transport: picocom needs no change" 1 "$(grep -c "through picocom" /tmp/got)"
  fi
  stop
}

# Of 1 to 8192, and told, so that a failure can be seen again.
random() { echo $(($(od -An -tu2 -N2 /dev/urandom) % 8192 + 1)); }

killed() {
  bind $one
  for after in 1 5000 "$(random)"; do
    start /run/line0 -l /run/line0 $one/0
    t_serial_pty act $after /run/line0 "kill -9 $pid" >/tmp/act
    check "$transport: killed after $after bytes" ok "$(cat /tmp/act)"
    wait $pid 2>/dev/null
    check "$transport: its link stays, to be replaced" yes "$([ -h /run/line0 ] && echo yes)"
    rm /run/line0
    ln -s /nowhere /run/line0
    uvio serial -b "$transport" -l /run/line0 $one/0 >/tmp/out 2>/tmp/err &
    pid=$!
    until [ -e /run/line0 ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
    check "$transport: and started again" ok "$(t_serial_pty echo 2000 /run/line0)"
    stop
  done
}

# Killed while it starts, at any moment: the next one finds the card as it has to be.
killed_early() {
  bind $one
  for spins in 0 1 $(random) $(random) $(random) $(random); do
    uvio serial -b "$transport" -l /run/line0 $one/0 >/tmp/out 2>/tmp/err &
    pid=$!
    while [ "$spins" -gt 0 ]; do spins=$((spins - 1)); done
    kill -9 $pid
    wait $pid 2>/dev/null
  done
  rm -f /run/line0
  start /run/line0 -l /run/line0 $one/0
  check "$transport: started after it was killed while it started, six times" ok \
    "$(t_serial_pty echo 2000 /run/line0)"
  stop
}

state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"; }

# While the command is stopped, programs write on until the pseudo-terminal is full.
stopped() {
  bind $one
  start /run/line0 -l /run/line0 $one/0
  t_serial_pty echo $((bytes / 4)) /run/line0 >/tmp/echo &
  program=$!
  stops=0
  while [ $stops -lt 20 ] && kill -STOP $pid && kill -0 $program 2>/dev/null; do
    until [ "$(state $pid)" = T ]; do :; done
    kill -CONT $pid
    stops=$((stops + 1))
  done
  kill -CONT $pid
  wait $program
  check "$transport: stopped and continued again and again, nothing is lost" ok "$(cat /tmp/echo)"
  [ $stops -gt 0 ] || echo "# never stopped in the midst"
  stop
}

# The program at the pseudo-terminal is killed, and started again.
program_killed() {
  bind $one
  start /run/line0 -l /run/line0 $one/0
  for after in 1 "$(random)" "$(random)"; do
    # shellcheck disable=SC2016
    t_serial_pty act "$after" /run/line0 'kill -9 $PPID' >/tmp/act 2>&1
    check "$transport: its program is killed after $after bytes, and started again" "137 ok" \
      "$? $(t_serial_pty echo 2000 /run/line0)"
  done
  stop
}

# Who is named may open it, nobody else; and cannot change the link to it.
permissions() {
  bind $one
  start /run/line0 -l /run/line0 -o user $one/0
  check "$transport: who is named by --owner may open it" ok "$(as user t_serial_pty echo 1000 /run/line0)"
  check "$transport: nobody else may" 1 "$(as other "cat </run/line0" | grep -c 'Permission denied')"
  check "$transport: nor change the link" 1 "$(as user "rm -f /run/line0" | grep -c 'Permission denied')"
  stop
}

# Without any privilege, on a card that is bound for the user.
ordinary_user() {
  bind $one
  node=$(basename "$(readlink /sys/bus/pci/devices/$one/iommu_group)")
  chown user "/dev/vfio/$node" /dev/vfio/devices/* /dev/iommu 2>/dev/null
  mkdir -p /tmp/user
  chown user /tmp/user
  as user "exec uvio serial -b $transport -l /tmp/user/line0 $one/0" >/tmp/err &
  job=$!
  until [ -h /tmp/user/line0 ] || ! kill -0 $job 2>/dev/null; do sleep 0.1; done
  check "$transport: an ordinary user serves a card of his own" ok \
    "$(as user t_serial_pty echo 1000 /tmp/user/line0)"
  check "$transport: and the pseudo-terminal is his, nobody else's" "user 1" \
    "$(stat -c %U "$(readlink /tmp/user/line0)") $(as other "cat </tmp/user/line0" | grep -c 'Permission denied')"
  for entry in /proc/[0-9]*; do
    [ "$(cat "$entry/comm" 2>/dev/null)" != uvio ] || kill -TERM "${entry#/proc/}"
  done
  wait $job
  check "$transport: SIGTERM: 0, and his link is gone" "0 gone" "$? $([ -h /tmp/user/line0 ] || echo gone)"
}

pulled() {
  hot=$(uvio list -d 1b36:0002 | sed -n 's/ .*//; /:0[1-9]:/p')
  bind "$hot"
  start /run/line0 -l /run/line0 "$hot/0"
  t_serial_pty act 5000 /run/line0 "echo monitor device_del hotserial >$LAB_MONITOR" >/tmp/act
  check "$transport: removed while it is busy" ok "$(cat /tmp/act)"
  wait $pid
  check "$transport: that ends it: 1, without the link" "1 gone" "$? $([ -h /run/line0 ] || echo gone)"
  check "$transport: and is told" 1 "$(tr -s '\n ' ' ' </tmp/err | grep -c 'gone\|release')"
}

# A driver outside the tree, on the same card: it is first.
outside() {
  bind $one
  start /run/line0 -l /run/line0 --module example.so $one/0
  check "$transport: module: $((bytes / 8)) bytes out and back" ok \
    "$(t_serial_pty echo $((bytes / 8)) /run/line0)"
  stop
  check "$transport: module: SIGTERM: 0, and nothing was lost" "0 1" \
    "$? $(tr -s '\n ' ' ' </tmp/err | grep -c "received [0-9]*, sent [0-9]* bytes; lost 0, overruns 0,")"
}

# It has the figures of its class.
outside_compare() {
  bind $one
  compare="uvio compare -n 20 --module example.so"
  $compare $one >/tmp/table 2>/tmp/errors
  check "$transport: module: compare succeeds without a complaint" "0 " "$? $(cat /tmp/errors)"
  columns=$(sed -n 's/^usable//p' /tmp/table | wc -w)
  usable=$(sed -n 's/^usable//p' /tmp/table | tr -s ' ' '\n' | grep -c yes)
  check "$transport: module: the table has the figures of a serial line for each transport" 2 \
    "$(sed -n 's/^ *//; /^serial byte, of 16 /p; /^of 256 at once /p' /tmp/table |
      awk -F '  +' -v columns="$columns" 'columns >= 2 && NF == columns + 1' | wc -l)"
  $compare --json $one >/tmp/json
  check "$transport: module: so has the JSON, which names the driver" "1 $usable $usable " \
    "$(for key in '"driver": "serial-example"' '"serial_16": {' '"serial_256": {'; do
      grep -c "$key" /tmp/json
    done | tr '\n' ' ')"
}

for part; do $part; done
echo "1..$n"
