#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Who includes and who calls whom. The order of the folders of common/ is the one that is drawn in
# doc/architecture.

. "${top_srcdir:-.}/tests/tap.sh"
LC_ALL=C
export LC_ALL

# The folders, the lowest first, as "NUMBER FOLDER".
sed -n '/^The layers of common\//,/^Above these/p' "$top_srcdir/doc/architecture" |
	sed -n 's/^    \([a-z]*\)  *[^ ].*/\1/p' | awk '{ print NR, $1 }' >"$scratch/layers"

every_folder_has_a_place() {
	awk '{ print $2 }' "$scratch/layers" | sort >"$scratch/drawn"
	(cd "$top_srcdir/common" && find . -name '*.c' | cut -d/ -f2 | sort -u) >"$scratch/there"
	diff "$scratch/drawn" "$scratch/there"
}

# Reads "FROM-FOLDER TO-FOLDER WHAT": prints what goes up, and fails.
upward() {
	awk 'NR == FNR { place[$2] = $1; next }
		place[$2] > place[$1] { print; bad = 1 }
		END { exit bad }' "$scratch/layers" -
}

includes() { # TREE: as "FOLDER FOLDER FILE: INCLUDE"
	(cd "$1/common" && grep -rHo '^#include "[^"]*"' --include='*.[ch]' .) |
		sed -n 's|^\./\([a-z]*\)/\([^:]*\):#include "\([a-z]*\)/\([^"]*\)"|\1 \3 common/\1/\2: \3/\4|p'
}

includes_go_down() { # TREE
	includes "$1" >"$scratch/includes"
	test -s "$scratch/includes" && upward <"$scratch/includes"
}

# The list of backends is the only place that names them.
calls() { # BUILD: as "FOLDER FOLDER OBJECT: SYMBOL"
	(cd "$1/common" && find . -name '*.o' ! -path '*/.libs/*' | while read -r object; do
		$NM -g "$object" | awk -v o="$object" 'NF > 1 { print o, $(NF - 1), $NF }'
	done) | sed 's|^\./||; s|libuvio_all_la-||' | sort -u | awk '
		{ split($1, path, "/"); from[NR] = path[1]; object[NR] = $1; type[NR] = $2; name[NR] = $3 }
		$2 ~ /[TDRB]/ { home[$3] = path[1] }
		END {
			for (i = 1; i <= NR; i++)
				if (type[i] == "U" && name[i] in home)
					print from[i], home[name[i]], object[i] ": " name[i]
		}'
}

calls_go_down() { # BUILD
	calls "$1" >"$scratch/calls"
	test -s "$scratch/calls" && upward <"$scratch/calls"
}

# Which headers files of a folder may include in quotes, as an expression.
only() { # EXPRESSION FOLDER...
	allowed=$1
	shift
	for folder; do
		! (cd "$top_srcdir" && grep -rHo '^#include "[^"]*"' --include='*.[ch]' "$folder") |
			sed 's/:#include "/ /; s/"$//' | awk -v own="$folder" -v ok="$allowed" '
				$2 !~ "/" || $2 ~ "^" own "/" || $2 ~ ok { next } { print; bad = 1 }
				END { exit !bad }' || return 1
	done
}

names_no_backend() {
	! grep -rnE '#include "(uio|vfio)/|uvio_backend_(uio|vfio)' "$top_srcdir/common" \
		--include='*.[ch]' | grep -v '/backend/backend\.[ch]:'
}

# Messages name a region by uvio_region_name() alone.
names_no_region() {
	! grep -rnE 'region %[ud]' "$top_srcdir/common" "$top_srcdir/uio" "$top_srcdir/vfio" \
		"$top_srcdir/drivers" --include='*.[ch]' | grep -v 'no region %u: a UIO device'
}

# A tree in which one goes the wrong way is found.
a_wrong_include_is_found() {
	mkdir -p "$scratch/tree/common/base"
	echo '#include "udev/udev.h"' >"$scratch/tree/common/base/sys.c"
	! includes_go_down "$scratch/tree" >"$scratch/found" && grep -q 'udev/udev.h' "$scratch/found"
}

a_wrong_call_is_found() {
	mkdir -p "$scratch/build/common/base" "$scratch/build/common/udev"
	echo 'int uvio_up(void) { return 0; }' |
		$CC -c -x c -o "$scratch/build/common/udev/libuvio_all_la-up.o" - &&
		echo 'int uvio_up(void); int uvio_low(void) { return uvio_up(); }' |
		$CC -c -x c -o "$scratch/build/common/base/libuvio_all_la-low.o" - || return 1
	! calls_go_down "$scratch/build" >"$scratch/found" && grep -q 'uvio_up' "$scratch/found"
}

folders=$(awk '{ printf "%s%s", sep, $2; sep = "|" }' "$scratch/layers")
check "the order of common/ is drawn with every folder" every_folder_has_a_place
check "includes in common/ go down" includes_go_down "$top_srcdir"
check "calls in common/ go down" calls_go_down "$top_builddir"
check "an include that goes up is found" a_wrong_include_is_found
check "a call that goes up is found" a_wrong_call_is_found
check "only the list of backends names one" names_no_backend
check "only uvio_region_name() names a region" names_no_region
check "backends include common/, and not each other" only "^($folders)/" uio vfio
check "drivers include only what is public, and their list" only "^[.][.]/drivers[.]h\$" drivers
check "the command includes only what is public" only "^\$" tools
plan
