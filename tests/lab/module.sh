#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Usage: module.sh DIR EXAMPLE: builds doc/EXAMPLE.c as DIR/example.so, as others would: with what
# make install puts into DIR/stage, and pkg-config alone.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$1
example=$2

env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "${MAKE:-make}" -s install DESTDIR="$dir/stage" \
	>"$dir/log" 2>&1 || { cat "$dir/log" >&2 && exit 1; }
PKG_CONFIG_PATH=$(dirname "$(find "$dir/stage" -name uvio.pc)")
PKG_CONFIG_SYSROOT_DIR=$dir/stage
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046
${CC:-cc} -shared -fPIC $(pkg-config --cflags uvio) "$top/doc/$example.c" \
	-o "$dir/example.so" $(pkg-config --libs uvio)
