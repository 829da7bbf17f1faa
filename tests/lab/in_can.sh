#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Runs in the guest, for can.test: a CAN card beside interfaces of the kernel, can0 and can1.
#
#   in_can.sh ONE TWO BACKEND...
#
# Channel 0 of ONE is on the bus of can0; the first two of TWO are on those of can0 and can1. Both
# may be the same card. With a monitor the card is pulled out, once. Variables: FRAMES each way;
# WINDOW, how many may be on their way without loss; FD, the option for it, or nothing.

one=$1 two=$2
shift 2
frames=${FRAMES:-224} window=${WINDOW:-4} fd=${FD-}
PATH=/lab:$PATH
# shellcheck source=in_tap.sh
. /lab/in_tap.sh

peer() { # ARGUMENT...
  # shellcheck disable=SC2086
  t_can_peer -n "$frames" -w "$window" ${fd:+-f} "$@" >/tmp/peer 2>&1 || echo "ended with $?" >>/tmp/peer
  sed '/^#/d' /tmp/peer
}

passed="ok - $frames frames each way"

input=/dev/null output=/dev/null

# A program that has ended is still there until it is waited for.
runs() {
  ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}

# What stands before the command: /tmp/as_user, or nothing.
as=

# Sets pid; the command is ready, or has ended.
begin() { # ARGUMENT...
  rm -f /tmp/notify /tmp/states
  notified /tmp/notify >/tmp/states &
  manager=$!
  until grep -q waiting /tmp/states 2>/dev/null; do :; done
  chmod 666 /tmp/notify
  # shellcheck disable=SC2086
  NOTIFY_SOCKET=/tmp/notify $as uvio can "$@" -b $backend --bitrate 500000 \
    ${fd:+--fd --dbitrate 2000000} <"$input" >"$output" 2>/tmp/errors &
  pid=$!
  until grep -q READY /tmp/states || ! runs; do :; done
}

finish() { # SIGNAL
  kill "-$1" $pid
  wait $pid 2>/dev/null
  status=$?
  [ "$1" != KILL ] || return
  grep -q READY /tmp/states || kill $manager
  wait $manager 2>/dev/null
}

# It ends by itself.
ended() {
  wait $pid 2>/dev/null
  status=$?
  grep -q READY /tmp/states || kill $manager
  wait $manager 2>/dev/null
}

# One channel on standard input and output.
begin_log() {
  input=/tmp/input output=/tmp/log
  mkfifo $input
  sleep 600 >$input &
  writer=$!
  begin "$one/0"
}

end_log() {
  finish TERM
  kill $writer
  wait $writer 2>/dev/null
  rm $input
  input=/dev/null output=/dev/null
}

# The frames of a log, without their times.
frames_of() { # FILE
  sed 's/.* //' "$1"
}

receivers() { # INTERFACE
  grep -c "^ *$1 " /proc/net/can/rcvlist_all
}

dump() { # INTERFACE FILE [ERROR-FRAMES]
  had=$(receivers "$1")
  candump -r 4000000 -L "$1${3:+,0:0,$3}" >"$2" &
  dumps="$dumps $!"
  until [ "$(receivers "$1")" -gt "$had" ]; do :; done
}

end_dumps() {
  # shellcheck disable=SC2086
  kill $dumps
  # shellcheck disable=SC2086
  wait $dumps 2>/dev/null
  dumps=
}

# Until a file has as many lines, or nothing was added for some time.
until_lines() { # COUNT FILE
  have=0 idle=0
  while [ "$have" -lt "$1" ] && [ $idle -lt 50 ]; do
    before=$have
    have=$(wc -l <"$2")
    [ "$have" = "$before" ] && idle=$((idle + 1)) || idle=0
    usleep 100000
  done
}

# From one interface to another, through the bus: what both say of it is the same.
burst() { # FROM TO COUNT
  dump "$1" /tmp/from
  dump "$2" /tmp/to
  cangen -g 0 -n "$3" ${fd:+-f} "$1"
  until_lines "$3" /tmp/from
  until_lines "$3" /tmp/to
  end_dumps
  frames_of /tmp/from >/tmp/a
  frames_of /tmp/to >/tmp/b
  cmp -s /tmp/a /tmp/b && wc -l </tmp/a
}

# The frames of the log of the last burst once more.
play() { # FROM TO
  dump "$2" /tmp/to
  sed "s/) [a-z0-9]* /) $1 /" /tmp/from >/tmp/played
  canplayer -t -I /tmp/played "$1=$1"
  until_lines "$(wc -l </tmp/played)" /tmp/to
  end_dumps
  frames_of /tmp/to >/tmp/b
  cmp -s /tmp/a /tmp/b && wc -l </tmp/b
}

library() {
  check "$backend: library: one by one, both ways" "$passed" "$(peer -b $backend "$one/0" can0)"
  check "$backend: library: two channels at once" "$passed" \
    "$(peer -b $backend "$two/0" can0 "$two/1" can1)"
  check "$backend: library: filters" "$passed" "$(peer -F -b $backend "$one/0" can0)"
}

command() {
  begin "$two" --netdev vcan0 --netdev vcan1 --json=/tmp/json
  check "$backend: command: says that it is ready" "waiting READY=1" "$(echo $(cat /tmp/states))"
  check "$backend: command: two channels at once, one by one" "$passed" \
    "$(peer vcan0 can0 vcan1 can1)"
  check "$backend: command: a second process is told who has the card" \
    "1 $two: already open in process $pid (uvio)" \
    "$(uvio can "$two" -b $backend --bitrate 500000 2>/tmp/second </dev/null; echo $? \
      "$(tr '\n' ' ' </tmp/second | grep -o "$two: already open in process $pid (uvio)")")"
  check "$backend: can-utils: a burst to the bus" 500 "$(burst vcan0 can0 500)"
  check "$backend: can-utils: the same, played" 500 "$(play vcan0 can0)"
  check "$backend: can-utils: a burst from the bus" "$window" "$(burst can1 vcan1 "$window")"
  finish TERM
  check "$backend: command: ended by SIGTERM" "0 waiting READY=1 STOPPING=1" \
    "$status $(echo $(cat /tmp/states))"
  check "$backend: command: its statistics" "$frames $((frames + 1000))" \
    "$(echo $(sed -n '/"channel": 0/,/}/s/.*"[rt]x_frames": \([0-9]*\),/\1/p' /tmp/json))"
}

# What a channel without CAN FD cannot send is not lost without notice.
refused() {
  [ -z "$fd" ] || return
  rm -f /tmp/json
  begin "$one/0" --netdev vcan0 --json=/tmp/json
  dump can0 /tmp/to
  cansend vcan0 125##1AABBCC
  cansend vcan0 123#01
  until_lines 1 /tmp/to
  end_dumps
  finish TERM
  check "$backend: a frame of CAN FD without --fd: is counted as refused" "123#01 1 1" \
    "$(echo $(frames_of /tmp/to) $(sed -n 's/.*"tx_\(frames\|refused\)": \([0-9]*\),/\2/p' /tmp/json))"
}

# What the chip has no place for while nobody serves it.
overrun() {
  begin "$one" --netdev vcan0
  dump can0 /tmp/from
  dump vcan0 /tmp/to "#FFFFFFFF"
  kill -STOP $pid
  cangen -g 0 -n 600 -L 8 can0
  until_lines 600 /tmp/from
  kill -CONT $pid
  idle=0
  until grep -q ' 20000004#' /tmp/to || [ $idle -gt 100 ]; do
    idle=$((idle + 1))
    usleep 100000
  done
  end_dumps
  finish TERM
  check "$backend: overrun: is an error frame at the interface, once" 1 \
    "$(frames_of /tmp/to | grep -c '^20000004#0001')"
  check "$backend: overrun: and counted" 1 "$(grep -c 'lost 0, overruns [1-9]' /tmp/errors)"
}

log() {
  begin_log
  cansend can0 123#112233
  cansend can0 1ABCDEF0#R
  until_lines 2 /tmp/log
  check "$backend: log: frames from the bus" "can0 123#112233 can0 1ABCDEF0#R" \
    "$(echo $(sed 's/^([0-9.]*) //' /tmp/log))"
  dump can0 /tmp/to
  printf '(1.2) can9 456#AA\n\n(1700000000.123456) can0 00000456#R\n' >$input
  until_lines 2 /tmp/to
  end_dumps
  check "$backend: log: frames to the bus" "456#AA 00000456#R" "$(echo $(frames_of /tmp/to))"
  end_log
  check "$backend: log: succeeds" 0 $status
}

# An interface that another one changes. Before Linux 6.2 none is renamed while it is up.
interfaces() {
  ip link add vcan2 type vcan
  ip link set vcan2 up
  begin "$one/0" --netdev vcan2
  ip link set vcan2 name vcan3 2>/dev/null
  name=$(basename /sys/class/net/vcan[23])
  check "$backend: the interface renamed: goes on" "$passed" "$(peer "$name" can0)"
  ip link del "$name"
  ended
  check "$backend: the interface removed: ends, and says why, once" "1 1" \
    "$status $(grep -c '^uvio: vcan2: the interface was .*removed' /tmp/errors)"
  ip link add vcan2 type vcan
  ip link set vcan2 up
  begin "$one/0" --netdev vcan2
  ip link set vcan2 down
  ended
  check "$backend: the interface set down: ends, and says why" "1 1" \
    "$status $(grep -c '^uvio: vcan2: the interface was set down' /tmp/errors)"
  ip link del vcan2
}

# Frames for the card, of which each is on the bus or counted elsewhere.
accounted() {
  awk -F '[:,]' '/"(tx_frames|tx_failed|tx_refused|netdev_lost)"/ { n += $2 } END { print n + 0 }' /tmp/json
}

# Faster than the card sends; what was lost last is counted, too.
flood() {
  rm -f /tmp/json
  begin "$one/0" --netdev vcan0 --json=/tmp/json
  kill -STOP $pid
  cangen -g 0 -n 12000 -L 8 vcan0
  kill -CONT $pid
  have=0 idle=0
  while [ "$have" != 12000 ] && [ $idle -lt 50 ]; do
    before=$have
    kill -USR1 $pid
    usleep 100000
    have=$(accounted 2>/dev/null)
    [ "$have" = "$before" ] && idle=$((idle + 1)) || idle=0
  done
  finish TERM
  check "$backend: a flood: each frame is sent or counted" "0 12000" "$status $(accounted)"
  check "$backend: a flood: more than the socket has space for" 0 \
    "$(grep -c '"netdev_lost": 0' /tmp/json)"
}

# Again and again, in the middle of an exchange in which no more are on their way than chips hold.
stopped() {
  begin "$two" --netdev vcan0 --netdev vcan1
  peer vcan0 can0 vcan1 can1 >/tmp/exchange &
  exchange=$!
  for i in 1 2 3 4 5 6 7 8; do
    kill -STOP $pid
    usleep 20000
    kill -CONT $pid
    usleep 20000
  done
  wait $exchange
  check "$backend: stopped and continued: one by one" "$passed" "$(cat /tmp/exchange)"
  finish TERM
}

# Whose the nodes are; noiommu is for root alone.
user() {
  printf '#!/bin/sh\nshift\nexec su user -c "exec /tmp/uvio $*"\n' >/tmp/as_user
  cp /lab/uvio /tmp/uvio
  chmod 755 /tmp/as_user /tmp/uvio
  nodes=$(find /dev/vfio /dev/iommu -type c 2>/dev/null)
  # shellcheck disable=SC2086
  chown user $nodes
  as=/tmp/as_user
  begin "$one/0" --netdev vcan0
  check "$backend: an ordinary user: one by one" "$passed" "$(peer vcan0 can0)"
  check "$backend: an ordinary user: it is one" "$(id -u user)" \
    "$(awk '/^Uid:/ { print $2 }' /proc/$pid/status)"
  /tmp/as_user uvio can "$one" -b $backend --bitrate 500000 >/tmp/second 2>&1 </dev/null
  check "$backend: an ordinary user: a second process is told who has the card" 1 \
    "$(tr '\n' ' ' </tmp/second | grep -c "$one: .*process $pid (uvio)")"
  finish TERM
  check "$backend: an ordinary user: ends with success" 0 $status
  as=
  # shellcheck disable=SC2086
  chown root $nodes
}

# At any moment: while it begins, too.
killed() {
  for i in 1 2 3 4 5 6 7 8; do
    uvio can "$two" -b $backend --bitrate 500000 --netdev vcan0 --netdev vcan1 \
      ${fd:+--fd --dbitrate 2000000} 2>/tmp/errors &
    pid=$!
    cangen -g 0 -n 2000 vcan0 2>/dev/null &
    gen=$!
    usleep $((i * i * 4000))
    finish KILL
    kill $gen 2>/dev/null
    wait $gen 2>/dev/null
  done
  begin "$two" --netdev vcan0 --netdev vcan1
  check "$backend: killed, and started again: as before" "$passed" "$(peer vcan0 can0 vcan1 can1)"
  finish INT
  check "$backend: killed, and started again: ends with success" 0 $status
}

# A card that sends without a pause until it is taken away: the command ends, and says why.
taken() { # HOW COMMAND...
  how=$1
  shift
  last=$(cat /sys/class/net/vcan0/statistics/tx_packets)
  begin "$two" --netdev vcan0 --netdev vcan1
  cangen -g 0 -n 100000 vcan0 2>/dev/null &
  gen=$!
  cangen -i -g 0 -n 100000 can1 2>/dev/null &
  other=$!
  until [ "$(cat /sys/class/net/vcan0/statistics/tx_packets)" -gt "$((last + 100))" ]; do :; done
  "$@"
  wait $pid 2>/dev/null
  status=$?
  kill $gen $other 2>/dev/null
  wait $gen $other 2>/dev/null
  reason="the \(card is gone\|device is gone\|kernel asks to release it\)"
  check "$backend: $how while busy: ends, and says why" "1 1" \
    "$status $(tr '\n' ' ' </tmp/errors | tr -s ' ' | grep -c "$two: $reason")"
}

# As the driver in the kernel is asked to give it up.
removed() {
  taken removed sh -c "echo 1 >/sys/bus/pci/devices/$two/remove"
  echo 1 >/sys/bus/pci/rescan
  uvio bind "$two" $backend >/dev/null
  begin "$two" --netdev vcan0 --netdev vcan1
  check "$backend: removed, and back: as before" "$passed" "$(peer vcan0 can0 vcan1 can1)"
  finish TERM
}

# Out of the machine.
pulled() {
  taken pulled sh -c "echo 'monitor device_del hot' >$LAB_MONITOR"
}

for name in vcan0 vcan1; do
  ip link add $name type vcan
  ip link set $name up
done
uvio bind "$one" "$two" none >/dev/null 2>&1
for name in can0 can1; do
  can_link $name 500000 ${fd:+2000000}
done
first=y
for backend; do
  uvio bind "$one" "${backend%/*}" >/dev/null
  uvio bind "$two" "${backend%/*}" >/dev/null
  if [ -n "${LAB_MONITOR-}" ]; then
    pulled
    break
  fi
  [ -z "$first" ] || interfaces
  first=
  library
  command
  refused
  overrun
  log
  flood
  stopped
  case $backend in
  vfio/noiommu) ;;
  vfio/*) user ;;
  esac
  killed
  removed
done
echo "1..$n"
