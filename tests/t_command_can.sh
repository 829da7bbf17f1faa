#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# "uvio can" on a model of a card, whose bus repeats each frame.

. "${top_srcdir:-.}/tests/tap.sh"
. "${top_srcdir:-.}/tests/cli.sh"

tree_is edu-unbound
card=$tree/sys/devices/pci0000:00/$EDU
uvio=$top_builddir/tests/on_model
notified=$top_builddir/tests/notified
in=$scratch/in
states=$scratch/states

usage_error() { # TEXT ARGUMENT...
	text=$1
	shift
	run "$@"
	status_is 2 && prints_nothing && says "$text"
}

fails() { # TEXT ARGUMENT...
	text=$1
	shift
	run_on can "$@" </dev/null
	fails_with "$text"
}

manual_named() {
	run can --help
	prints "man uvio-can"
}

check "the help names the manual page of the command" manual_named
check "without a bit rate: a usage error" usage_error "--bitrate is missing, as --bitrate 500000" can 4.0
check "a bit rate of 0" usage_error "--bitrate: 0 is not from 1 to" can 4.0 --bitrate 0
for point in 1 0.1234 0. 87.5% x; do
	check "a sample point of $point" usage_error "--sample-point: '$point' is not a part of the bit" \
		can 4.0 --bitrate 500000 --sample-point $point
done
check "a bit rate for data without CAN FD" usage_error "--dbitrate is for CAN FD: give --fd, too" \
	can 4.0 --bitrate 500000 --dbitrate 2000000
check "JSON where the frames go" usage_error "name a file, --json=FILE" can 4.0 --bitrate 500000 --json
check "a name that no interface has" usage_error "is not an interface name" \
	can 4.0 --bitrate 500000 --netdev a-name-of-16-letters
check "an interface for two channels" usage_error "--netdev: vcan0 twice" \
	can 4.0 --bitrate 500000 --netdev vcan0 --netdev vcan0
check "without a card" usage_error "too few arguments: ADDRESS[/CHANNEL]" can --bitrate 500000
printf '0x0001\n' >"$card/device"
check "a device that no card driver knows" \
	fails "$EDU: no card driver knows this device, so that it has no CAN channel; --module FILE" \
	4.0 --bitrate 500000

printf '0x13fe\n' | tee "$card/vendor" >"$card/subsystem_vendor"
printf '0xc002\n' | tee "$card/device" >"$card/subsystem_device"
for place in 4.0/x 4.0/ 4.0/1x 4.0/12345 4.0/-1; do
	check "a channel of ${place#*/}" \
		usage_error "'$place': '${place#*/}' is not a CHANNEL, which is a number from 0 to 9999" \
		can $place --bitrate 500000
done
check "the same behind ids" usage_error "'13fe:c002/x': 'x' is not a CHANNEL" \
	can -d 13fe:c002/x --bitrate 500000
check "a channel that is not there" fails "CAN channel 2: the card has 2, counted from 0" \
	4.0/2 --bitrate 500000
check "the same by ids" fails "CAN channel 2: the card has 2, counted from 0" \
	-d 13fe:c002/2 --bitrate 500000
check "a mode that the chip has not" fails "SJA1000 has no mode for CAN FD" 4.0 --bitrate 500000 --fd
check "a bit rate that the chip has not" fails "CAN channel 0: bit rate: " 4.0 --bitrate 3333333
no_interface() {
	run_on can 4.0 --bitrate 500000 --netdev nosuch0
	status_is 1 && { grep -q "nosuch0: this kernel has no CAN sockets" "$err" ||
		says "nosuch0: no such network interface"; }
}
check "an interface that is not there" no_interface
no_card_touched() {
	run_on can 9.9 --bitrate 500000 --netdev nosuch0
	status_is 1 && ! grep -q 9.9 "$err" || show
}
check "interfaces are looked at before the card" no_card_touched
check "a sample point that the chip has not" \
	fails "bit rate: a sample point of 10.0 %: the nearest with the segments of SJA1000 is " \
	4.0 --bitrate 500000 --sample-point 0.1

# A program that has ended is still there until it is waited for.
runs() { grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status"; }

# Sets pid; the command is ready, or has ended.
begin_at() { # SOCKET ARGUMENT...
	socket=$1
	shift
	: >"$states"
	"$notified" "$socket" >"$states" &
	manager=$!
	until grep -q waiting "$states"; do :; done
	NOTIFY_SOCKET=$socket "$uvio" can --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" \
		--run "$tree/run" --bitrate 500000 "$@" <"$in" >"$out" 2>"$err" &
	pid=$!
	until grep -q READY "$states" || ! runs; do :; done
}

begin() { # ARGUMENT...
	rm -f "$scratch/socket"
	begin_at "$scratch/socket" "$@"
}

until_lines() { # COUNT
	until [ "$(wc -l <"$out")" -ge "$1" ] || ! runs; do :; done
}

# The manager of services has read all, too.
end() {
	wait $pid
	status=$?
	grep -q READY "$states" || kill $manager
	wait $manager || :
}

finish() { # SIGNAL
	kill "-$1" $pid
	end
}

frames() {
	sed 's/^([0-9]*\.[0-9]\{6\}) can0 //' "$out" | tr '\n' ' '
}

# Each frame comes back.
cat >"$in" <<'END'
(1.5) can0 123#1122

(1700000000.123456) vcan9 12345678#R T
(1700000000.123456) can0 20000004#0001000000000000
(1700000000.123456) can0 7F0#0011223344556677
(1700000000.123456) can0 00000001#
END
same_frames() {
	begin 4.0/0
	until_lines 4
	finish TERM
	status_is 0 && [ "$(frames)" = "123#1122 12345678#R 7F0#0011223344556677 00000001# " ] || show
}
check "frames from standard input, and to standard output" same_frames
check "the manager of services is told" diff "$states" - <<'END'
waiting
READY=1
STOPPING=1
END
check "what was received is told at the end" says "$EDU/0: received 4 frames, 10 bytes; lost 0, overruns 0"
check "what was sent, too" says "$EDU/0: sent 4 frames, 10 bytes; failed 0, refused 0"
told_now() {
	now=$(date +%s)
	sed 's/^(\([0-9]*\).*/\1/' "$out" | while read -r time; do
		[ $((now - time)) -lt 600 ] && [ "$time" -le "$now" ] || echo "$time is not now, $now"
	done | grep . && return 1 || :
}
check "the times are those of the day" told_now
check "what it does on the bus is told when it begins" \
	says "$EDU/0: on the bus: 500000 bit/s, sample point 87.5 %"
listens() {
	begin 4.0 --listen-only
	finish TERM
	status_is 0 && says "$EDU/0: only listens: 500000 bit/s, sample point 87.5 %"
}
narrow() { ! awk 'length > 80' "$err" | grep .; }
check "what it says has lines of 80 columns" narrow
check "that it only listens is told when it begins" listens

printf '(1.2) can0 123#11\n' >"$in"
abstract() {
	begin_at "@$scratch/abstract" 4.0
	until_lines 1
	finish "$1"
	status_is 0 && grep -qx STOPPING=1 "$states"
}
check "an abstract socket, and SIGINT" abstract INT
check "SIGHUP ends it as well" abstract HUP

statistics() {
	begin 4.0/1 "--json=$scratch/json"
	until_lines 1
	kill -USR1 $pid
	until [ -s "$scratch/json" ] || ! runs; do :; done
	runs && grep -q '"rx_frames": 1' "$scratch/json" && says "$EDU/1: received 1 frames" || return 1
	printf '' >"$scratch/json"
	finish TERM
	mv "$scratch/json" "$out"
	status_is 0 && is_json && prints '"channel": 1' && prints '"chip": "SJA1000"' &&
		prints '"tx_frames": 1' && [ "$(grep -c "/1: sent 1 frames" "$err")" = 2 ]
}
check "SIGUSR1 tells the statistics, and goes on" statistics

starts_by_hand() { # SOCKET ERRORS
	: >"$out"
	NOTIFY_SOCKET=$1 "$uvio" can --sysfs "$tree/sys" --dev "$tree/dev" --proc "$tree/proc" \
		--run "$tree/run" --bitrate 500000 4.0 <"$in" >"$out" 2>"$2" &
	pid=$!
	until_lines 1
}
full_manager() {
	rm -f "$scratch/socket"
	: >"$states"
	"$notified" "$scratch/socket" full >"$states" &
	manager=$!
	until grep -q waiting "$states"; do :; done
	starts_by_hand "$scratch/socket" "$err"
	kill -TERM $pid
	wait $pid
	status=$?
	kill $manager
	status_is 0 && says "NOTIFY_SOCKET '$scratch/socket': STOPPING=1: " || show
}
check "a manager who does not read does not keep it from its end" full_manager
wrong_manager() { # NAME
	starts_by_hand "$1" "$err"
	kill -TERM $pid
	wait $pid
	status=$?
	status_is 0 && says "NOTIFY_SOCKET '$1': READY=1: Invalid argument" || show
}
check "a relative name of a manager is wrong" wrong_manager run/notify
check "one that is too long, too" wrong_manager "/$(printf %0107d 0)"
full_errors() {
	mkfifo "$scratch/errors"
	exec 4<>"$scratch/errors"
	dd if=/dev/zero of="$scratch/errors" bs=1024 oflag=nonblock 2>"$scratch/dd" || :
	starts_by_hand "" "$scratch/errors"
	kill -USR1 $pid
	kill -TERM $pid
	wait $pid
	status=$?
	exec 4<&-
	rm "$scratch/errors"
	status_is 0
}
check "one who does not read the statistics does not keep it either" full_errors

# Without an end of standard input, which says nothing yet.
rm "$in"
mkfifo "$in"
sleep 600 >"$in" &
writer=$!

wrong_line() { # LINE
	begin 4.0
	printf '(1.2) can0 123#11\n\n%s\n' "$1" >"$in"
	end
	status_is 1 && says "standard input, line 3: '$1' is not a frame" && says "sent 1 frames" &&
		[ "$(frames)" = "123#11 " ]
}
check "a line that is no frame ends it" wrong_line "(1.2) can0 123"
long_line() {
	begin 4.0
	head -c 5000 /dev/zero | tr '\0' x >"$in"
	end
	status_is 1 && says "standard input, line 1: 'xxxx"
}
check "a line without an end, too" long_line
drain_input() { dd if="$in" iflag=nonblock of=/dev/null 2>"$scratch/dd" || :; }
drain_input

error_frames() {
	begin 4.0 --bus-errors
	printf '(1.2) can0 7FE#\n' >"$in"
	until_lines 1
	finish TERM
	grep -q ' can0 20000088#' "$out" && says "bus errors 1," || show
}
check "an error on the bus is an error frame" error_frames
bus_off() {
	begin 4.0
	printf '(1.2) can0 7FF#\n(1.2) can0 123#\n' >"$in"
	until grep -q ' can0 20000040#' "$out" || ! runs; do :; done
	finish TERM
	status_is 0 && says "bus-off 1, restarts 0" && says "failed 1," || show
}
check "bus-off is one, and it stays so" bus_off
restarts() {
	begin 4.0 --restart-ms 1
	printf '(1.2) can0 7FF#\n(1.2) can0 123#\n' >"$in"
	until grep -q ' can0 20000040#' "$out" || ! runs; do :; done
	until kill -USR1 $pid && { ! runs || grep -q 'bus-off 1, restarts 1' "$err"; }; do :; done
	finish TERM
	status_is 0 || show
}
check "with --restart-ms it goes on" restarts
gone() {
	begin 4.0
	printf '(1.2) can0 7FD#\n' >"$in"
	end
	status_is 1 && says "$EDU" && says "gone" && grep -qx STOPPING=1 "$states"
}
check "a card that is gone ends it" gone

# Readers
no_reader() {
	mkfifo "$scratch/pipe"
	sh -c 'read -r line && echo "$line"' <"$scratch/pipe" >"$scratch/line" &
	reader=$!
	file=$out
	out=$scratch/pipe
	begin 4.0
	out=$file
	printf '(1.2) can0 123#11\n' >"$in"
	wait $reader
	printf '(1.2) can0 123#12\n' >"$in"
	end
	rm "$scratch/pipe"
	status_is 1 && says "standard output: it could not be written" && says "sent 2 frames"
}
check "a reader who leaves ends it, in order" no_reader
# Each frame that was received is in the pipe, or was told.
accounted() {
	left=$(sed -n 's/.* \([0-9]*\) frames that were received were not passed on:.*/\1/p' "$err")
	received=$(sed -n 's/.*: received \([0-9]*\) frames.*/\1/p' "$err" | tail -n 1)
	passed=$(dd if="$scratch/pipe" iflag=nonblock 2>"$scratch/dd" | wc -l)
	[ "$left" -gt 4096 ] && [ "$((passed + left))" = "$received" ]
}
stuck_reader() {
	mkfifo "$scratch/pipe"
	sleep 600 <"$scratch/pipe" &
	reader=$!
	file=$out
	out=$scratch/pipe
	begin 4.0
	out=$file
	awk 'BEGIN { for (i = 0; i < 20000; i++) print "(1.2) can0 123#1122334455667788" }' >"$in" &
	feeder=$!
	until kill -USR1 $pid && { ! runs || grep -q 'lost [1-9]' "$err"; }; do :; done
	finish TERM
	rc=0
	{ status_is 0 && accounted; } || rc=1
	kill $reader $feeder
	rm "$scratch/pipe"
	return $rc
}
check "one who does not read keeps it neither from the bus nor from its end" stuck_reader
kill $writer
plan
