#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# "uvio serial" on a model of a card, each line of which gives back what it sends.

. "${top_srcdir:-.}/tests/tap.sh"
. "${top_srcdir:-.}/tests/cli.sh"

tree_is edu-unbound
card=$tree/sys/devices/pci0000:00/$EDU
uvio=$top_builddir/tests/on_uart
notified=$top_builddir/tests/notified
states=$scratch/states
link=$scratch/line

usage_error() { # TEXT ARGUMENT...
	text=$1
	shift
	run "$@"
	status_is 2 && prints_nothing && says "$text"
}

fails() { # TEXT ARGUMENT...
	text=$1
	shift
	run_on serial "$@"
	fails_with "$text"
}

check "without a card" usage_error "too few arguments: ADDRESS[/LINE]" serial
check "a parity with a slip" usage_error "did you mean 'even'?" serial 4.0 --parity evn
check "a size that no byte has" usage_error "--data-bits: 9 is not from 5 to 8" serial 4.0 -n 9
manual_named() {
	run serial --help
	prints "man uvio-serial"
}

check "the help names the manual page of the command" manual_named
check "an owner who is none" usage_error "--owner: 'no-such-user' is not a user" serial 4.0 -o no-such-user
for id in -1 4294967295 4294967296 0x10; do
	check "a user number of $id" usage_error "--owner: '$id' is not a user" serial 4.0 -o "$id"
	check "a group number of $id" usage_error "--owner: '$id' is not a group" serial 4.0 -o ":$id"
done
check "a group that is none" usage_error "--owner: 'no-such-group' is not a group" serial 4.0 -o :no-such-group
printf '0x0001\n' >"$card/device"
check "a device that no card driver knows" \
	fails "$EDU: no card driver knows this device, so that it has no serial lines; --module FILE" 4.0/0
printf '0x1b36\n' >"$card/vendor"
printf '0x0003\n' >"$card/device"
printf '0x1af4\n' >"$card/subsystem_vendor"
printf '0x1100\n' >"$card/subsystem_device"
check "a line that is not there" fails "$EDU: serial line 2: the card has 2, counted from 0" 4.0/2
check "a speed that the chip has not" fails "$EDU: serial line 0: 200000 bit/s: 16550A has 2 to 115200 bit/s" 4.0/0 -s 200000
: >"$link"
check "a link in the place of a file" fails "--link '$link': this exists and is not a symbolic link" 4.0/0 -l "$link"
check "the file stays" test -f "$link" -a ! -h "$link"
rm "$link"
: >"${link}1"
check "with all lines too" fails "--link '${link}1': this exists and is not a symbolic link" 4.0 -l "$link"
check "and the links before it are removed" test ! -h "${link}0" -a -f "${link}1"
rm "${link}1"
check "a link in a folder that is not there" \
	fails "--link '$scratch/none/line': the folder '$scratch/none' does not exist; make it" 4.0/0 -l "$scratch/none/line"
check "or for all lines" fails "the folder '$scratch/none' does not exist" 4.0 -l "$scratch/none/line"
: >"$scratch/file"
check "a link in a file" fails "--link '$scratch/file/line': '$scratch/file' is not a folder" 4.0/0 -l "$scratch/file/line"
check "an empty one" fails "--link '': an empty path" 4.0/0 -l ""
check "a link whose name ends with a slash" fails "--link '$scratch/': this exists and is not" 4.0/0 -l "$scratch/"

# A program that has ended is still there until it is waited for.
runs() { grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status"; }

# Sets pid; the command is ready, or has ended.
begin() { # ARGUMENT...
	rm -f "$scratch/socket"
	: >"$states"
	"$notified" "$scratch/socket" >"$states" &
	manager=$!
	until grep -q waiting "$states"; do :; done
	NOTIFY_SOCKET=$scratch/socket "$uvio" serial --sysfs "$tree/sys" --dev "$tree/dev" \
		--proc "$tree/proc" --run "$tree/run" "$@" >"$out" 2>"$err" &
	pid=$!
	until grep -q READY "$states" || ! runs; do :; done
}

# The manager of services has read all, too; one that was killed tells it no end.
end() {
	wait $pid
	status=$?
	[ $status -lt 128 ] && grep -q READY "$states" || kill $manager
	wait $manager || :
}

finish() { # SIGNAL
	kill "-$1" $pid
	end
}

# What is written to a line comes back.
echoes() { # PATH
	exec 3<>"$1" && printf 'hello, line\n' >&3 && read -r got <&3 && [ "$got" = "hello, line" ]
}

begin 4.0/1 -l "$link"
if ! runs; then
	end
	skip "uvio serial on a model" "no pseudo-terminal can be had here"
	plan
	exit
fi
check "the name of the pseudo-terminal is printed" prints "$EDU/1: /dev/pts/"
check "and that of the link" prints ", $link"
check "which leads to it" test -c "$link"
check "what a program writes goes through the card and back" echoes "$link"
settings() {
	stty -F "$link" 19200 cstopb crtscts && [ "$(stty -F "$link" speed)" = 19200 ]
}
check "settings" settings
check "and then, too" echoes "$link"
exec 3<&-
check "a program that opens it again" echoes "$link"
exec 3<&-
finish TERM
check "SIGTERM is no failure" status_is 0
check "the link is gone" test ! -h "$link"
check "what went over the line is told" says "$EDU/1: received 36, sent 36 bytes; lost 0, overruns 0"
check "the manager of services is told" diff "$states" - <<'END'
waiting
READY=1
STOPPING=1
END

statistics() {
	begin 4.0/0 -l "$link" -s 300 -p odd -n 7 "--json=$scratch/json"
	echoes "$link"
	kill -USR1 $pid
	until [ -s "$scratch/json" ] || ! runs; do :; done
	runs && says "$EDU/0: received 12, sent 12 bytes" || return 1
	exec 3<&-
	finish INT
	mv "$scratch/json" "$out"
	status_is 0 && is_json && prints '"line": 0' && prints '"terminal": "/dev/pts/' && prints '"speed": 300' &&
		prints '"parity": "odd"' && prints '"data_bits": 7' && prints '"tx_bytes": 12' &&
		prints '"unsent": 0'
}
check "SIGUSR1 tells the statistics, and goes on; SIGINT ends it" statistics

all_lines() {
	begin 4.0 -l "$link" --json
	echoes "${link}0" && echoes "${link}1" || return 1
	exec 3<&-
	finish HUP
	status_is 0 && is_json && prints '"line": 1' && [ ! -h "${link}0" ] && [ ! -h "${link}1" ]
}
check "all lines, one document, SIGHUP" all_lines

replaced() {
	ln -s /nowhere "$link"
	begin 4.0/0 -l "$link"
	echoes "$link" || return 1
	exec 3<&-
	rm "$link"
	ln -s /nowhere "$link"
	finish TERM
	status_is 0 && [ "$(readlink "$link")" = /nowhere ] && rm "$link"
}
check "another link is replaced; at the end one that is not ours stays" replaced

started_again() {
	begin 4.0/0 -l "$link"
	finish KILL
	[ -h "$link" ] && begin 4.0/0 -l "$link" && echoes "$link" || return 1
	exec 3<&-
	finish TERM
	status_is 0 && [ ! -h "$link" ]
}
check "killed and started again" started_again

gone() {
	begin 4.0/0 -l "$link"
	exec 3<>"$link"
	printf '\004' >&3
	end
	exec 3<&-
	status_is 1 && says "$EDU" && says gone && grep -qx STOPPING=1 "$states" && [ ! -h "$link" ] || show
}
check "a card that is gone ends it, and its link" gone

# A pipe that has no space.
full_pipe() { # PATH
	mkfifo "$1"
	exec 4<>"$1"
	dd if=/dev/zero of="$1" bs=1024 oflag=nonblock 2>"$scratch/dd" || :
}
remove_pipe() { # PATH
	exec 4<&-
	rm "$1"
}
# The former speed is there again, perhaps before stty looks whether its own is.
refuse() {
	stty -F "$link" 230400 || :
	until [ "$(stty -F "$link" speed)" = 9600 ] || ! runs; do :; done
}

full_errors() {
	full_pipe "$scratch/errors"
	regular=$err
	err=$scratch/errors
	begin 4.0/0 -l "$link" "--json=$scratch/json"
	err=$regular
	exec 3<>"$link"
	refuse
	refuse
	printf 'hello, line\n' >&3
	read -r got <&3
	dd if="$scratch/errors" iflag=nonblock of=/dev/null 2>"$scratch/dd" || :
	refuse
	exec 3<&-
	dd if="$scratch/errors" iflag=nonblock of="$err" 2>"$scratch/dd" || :
	finish TERM
	remove_pipe "$scratch/errors"
	mv "$scratch/json" "$out"
	status_is 0 && [ "$got" = "hello, line" ] && prints '"messages_dropped": 2' &&
		says "uvio: 2 messages were dropped" &&
		says "uvio: $EDU: serial line 0: 230400 bit/s: 16550A has 2 to 115200 bit/s; /dev/pts/" &&
		says " keeps its former settings"
}
check "a reader of the error messages who does not read does not keep it from the card" full_errors

full_names() {
	full_pipe "$scratch/names"
	regular=$out
	out=$scratch/names
	begin 4.0/0 -l "$link"
	out=$regular
	echoes "$link"
	echoed=$?
	exec 3<&-
	finish TERM
	remove_pipe "$scratch/names"
	status_is 0 && [ $echoed = 0 ] && says "the names of the pseudo-terminals could not be written: nobody reads it"
}
check "nor does one of the names" full_names

no_names() {
	regular=$out
	out=/dev/full
	begin 4.0/0 -l "$link"
	end
	out=$regular
	status_is 1 && says "could not be written: No space left on device" && [ ! -h "$link" ] &&
		[ "$(grep -c "standard output" "$err")" = 1 ]
}
check "names that cannot be written end it, and are told once" no_names

no_report() {
	mkfifo "$scratch/report"
	begin 4.0/0 -l "$link" "--json=$scratch/report"
	kill -USR1 $pid
	until grep -q "$scratch/report: it cannot be written" "$err" || ! runs; do :; done
	echoes "$link"
	echoed=$?
	exec 3<&-
	cat "$scratch/report" >"$out" &
	reader=$!
	finish TERM
	wait $reader
	status_is 0 && [ $echoed = 0 ] && prints '"messages_dropped": 0'
}
check "statistics that cannot be written do not end it" no_report

full_report() {
	full_pipe "$scratch/full"
	regular=$out
	out=$scratch/full
	begin 4.0/0 -l "$link" --json
	out=$regular
	kill -TERM $pid
	until ! runs || ! [ -h "$link" ]; do :; done
	until ! runs; do kill -TERM $pid; done
	end
	remove_pipe "$scratch/full"
	[ $status = 143 ]
}
check "a second signal ends what waits for a reader of the document" full_report
plan
