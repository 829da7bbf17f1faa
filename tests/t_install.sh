#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# What is installed is complete: a program finds headers and library by pkg-config; and it can be
# removed again.

. "${top_srcdir:-.}/tests/tap.sh"

[ "${host:-}" = "${build:-}" ] || skip_all "programs for $host do not run here"

stage=$scratch/stage
log=$scratch/log

# Flags and the job server of the make that runs this test are not for these.
make_alone() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u DESTDIR -u TESTS -u MAKE_TERMOUT -u MAKE_TERMERR \
		"$MAKE" -C "$top_builddir" DESTDIR="$stage" "$@" >"$log" 2>&1 ||
		{ tail -n 30 "$log" && return 1; }
}

find_pc() {
	pc=$(find "$stage" -name uvio.pc)
	[ -f "$pc" ] || { echo "no uvio.pc" && return 1; }
	libdir=$(dirname "$(dirname "$pc")")
	PKG_CONFIG_PATH=$(dirname "$pc"):${PKG_CONFIG_PATH-}
	PKG_CONFIG_SYSROOT_DIR=$stage
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
}

cat >"$scratch/program.c" <<'END'
#include <stdio.h>
#include <uvio/uvio.h>

int main(void)
{
	struct uvio_ctx *ctx;

	if (uvio_ctx_new(NULL, &ctx))
		return 1;
	uvio_ctx_free(ctx);
	return puts(uvio_version()) < 0;
}
END

static=
[ -n "$(ls "$top_builddir"/.libs/libuvio.so 2>/dev/null)" ] || static=--static

compile() {
	# shellcheck disable=SC2046,SC2086
	$CC $SAN_CFLAGS $COV_CFLAGS -Wall -Werror $($PKG_CONFIG --cflags uvio) "$scratch/program.c" \
		-o "$scratch/program" $($PKG_CONFIG $static --libs uvio)
}

run() {
	LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$scratch/program" >"$scratch/version" &&
		cat "$scratch/version" && [ "$(cat "$scratch/version")" = "$($PKG_CONFIG --modversion uvio)" ]
}

# As others would: what is installed, and pkg-config alone.
compile_module() { # EXAMPLE MODULE
	# shellcheck disable=SC2046,SC2086
	$CC $SAN_CFLAGS $COV_CFLAGS -Wall -Wextra -Werror -shared -fPIC \
		$($PKG_CONFIG --cflags uvio) "$(find "$stage" -path "*/doc/uvio/examples/$1")" \
		-o "$scratch/$2" $($PKG_CONFIG --libs uvio)
}

# A program with a card driver of its own.
cat >"$scratch/adds.c" <<'END'
#include <stdio.h>
#include <uvio/uvio.h>

int main(void)
{
	const struct uvio_driver *driver;
	struct uvio_ctx *ctx;

	if (uvio_ctx_new(NULL, &ctx) || uvio_driver_add(ctx, uvio_module_drivers[0]))
		return 1;
	driver = uvio_driver_match(ctx, 0x1b36, 0x0002, 0, 0);
	printf("%s\n", driver ? driver->name : "none");
	uvio_ctx_free(ctx);
	return 0;
}
END

program_adds() {
	# shellcheck disable=SC2046,SC2086
	$CC $SAN_CFLAGS $COV_CFLAGS -Wall -Wextra -Werror $($PKG_CONFIG --cflags uvio) \
		"$scratch/adds.c" "$top_srcdir/doc/example_serial_driver.c" \
		-o "$scratch/adds" $($PKG_CONFIG $static --libs uvio) || return 1
	LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$scratch/adds" >"$scratch/added"
	cat "$scratch/added"
	[ "$(cat "$scratch/added")" = serial-example ]
}

# The installed command, on a machine of files; the names of the drivers are what it says.
drivers_with() { # OPTION...
	LD_LIBRARY_PATH=$libdir "$(find "$stage" -path '*/bin/uvio')" compare --sysfs "$scratch/tree/sys" \
		--driver none "$@" 0000:00:04.0 2>&1 | grep "^uvio: " >"$scratch/drivers"
	cat "$scratch/drivers"
}

module_is_loaded() {
	drivers_with --module "$scratch/example.so" | grep -q 'there are: testdev-example [a-z]'
}

serial_is_loaded() {
	drivers_with --module "$scratch/serial.so" | grep -q 'there are: serial-example [a-z]'
}

# A wrong file is refused with what is wrong with it.
module_refused() { # FILE TEXT
	# shellcheck disable=SC2086
	drivers_with --module $1 && grep -q -e "$2" "$scratch/drivers"
}

installed() { # PATTERN
	[ -n "$(find "$stage" -path "$1")" ] || { find "$stage" && return 1; }
}

# libuvio.so.N starts the guard below N, by its path.
guard_of_the_abi() {
	guard=$(find "$stage" -name uvio-guard)
	abi=$(basename "$(dirname "$guard")")
	lib=$(find "$stage" -name "libuvio.so.$abi" -o -name 'libuvio.a' | sed -n 1p)
	echo "$guard; $lib"
	[ -n "$lib" ] && grep -aqF "${guard#"$stage"}" "$lib"
}

guard_says() {
	status=0
	"$guard" </dev/null 2>"$scratch/said" || status=$?
	cat "$scratch/said"
	[ $status = 2 ] && grep -q 'started by uvio_udev_open' "$scratch/said"
}

# What "make all" makes is for users: libraries, uvio and the guard.
only_what_is_installed() {
	sed -n 's/^noinst_PROGRAMS *= *\(.\)/\1/p' "$top_builddir/Makefile" >"$scratch/programs"
	find "$stage" -type f -perm /111 ! -name '*.so*' ! -name '*.la' ! -name uvio ! -name uvio-guard \
		>>"$scratch/programs"
	cat "$scratch/programs"
	[ ! -s "$scratch/programs" ]
}

nothing_left() {
	find "$stage" ! -type d >"$scratch/left"
	cat "$scratch/left"
	[ ! -s "$scratch/left" ]
}

check "make install works" make_alone install
check "the command is installed" installed "*/bin/uvio"
check "the guard's program is installed, in the library's own folder" \
	installed "*/libexec/uvio/[0-9]*/uvio-guard"
check "its folder is that of the library's ABI" guard_of_the_abi
check "the guard says how it is started" guard_says
check "the completion is installed where bash looks for it" \
	installed "*/share/bash-completion/completions/uvio"
check "and where zsh looks for it" installed "*/share/zsh/site-functions/_uvio"
check "its page is installed" installed "*/man8/uvio-guard.8"
check "no test program is installed, or built by make install" only_what_is_installed
check "the headers are installed" installed "*/include/uvio/udev.h"
check "no header of the inside is installed" sh -c "! find '$stage' -name 'backend.h' | grep ."
check "the manual page is installed" installed "*/man1/uvio.1"
check "pkg-config finds it" find_pc
find_pc >/dev/null
check "a program is built with it" compile
check "the program runs, and has the version of pkg-config" run
check "a program adds a card driver of its own to a context" program_adds
if [ -z "$static" ]; then
	"$top_builddir/tests/mktree" "$top_srcdir/tests/data" edu-unbound "$scratch/tree" || exit 99
	echo 'int nothing;' >"$scratch/empty.c"
	$CC -shared -fPIC "$scratch/empty.c" -o "$scratch/empty.so"
	check "a card driver outside the tree is built with it as a module" \
		compile_module example_driver.c example.so
	check "so is one with a serial line" compile_module example_serial_driver.c serial.so
	check "the command loads the module, and knows its driver before its own" module_is_loaded
	check "it loads the one with a serial line, too" serial_is_loaded
	check "a module without a driver is refused" module_refused "$scratch/empty.so" \
		'empty.so: it has no card drivers; put UVIO_MODULE'
	check "a module that is not there is refused" module_refused none.so 'none.so: cannot open'
	cp "$scratch/example.so" "$scratch/twice.so"
	check "a driver whose name is taken is refused" module_refused \
		"$scratch/example.so --module $scratch/twice.so" "another driver has this name"
fi
unset PKG_CONFIG_SYSROOT_DIR
check "make uninstall works" make_alone uninstall
check "make uninstall leaves nothing behind" nothing_left
plan
