#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# What the library exports is what its list of symbols says, and what its headers declare.

. "${top_srcdir:-.}/tests/tap.sh"

# The functions that are marked in the headers.
LC_ALL=C
export LC_ALL
cat "$top_srcdir"/common/uvio/*.h | sed '/^#/d' | tr '\n\t' '  ' |
	grep -o 'UVIO_API [^;]*;' | sed 's/^[^(]*[ *]\(uvio_[a-z0-9_]*\) *(.*/\1/' |
	sort >"$scratch/headers"
sort "$top_srcdir/common/libuvio.sym" >"$scratch/list"

exported() {
	$NM -D --defined-only "$top_builddir/.libs/libuvio.so" | awk '{ sub(/@.*/, "", $3); print $3 }' |
		grep -vx 'UVIO_[0-9.]*' | sort >"$scratch/library"
}

# A program that needs a newer library is told so when it starts, not when it crashes.
have_versions() {
	! $NM -D --defined-only --with-symbol-versions "$top_builddir/.libs/libuvio.so" |
		awk '$2 != "A" { print $3 }' | grep -v '@@UVIO_[0-9.]*$'
}

# Those of a sanitizer or of gcov are not the library's.
static_exports_alone() {
	$NM --defined-only --extern-only "$top_builddir/.libs/libuvio.a" |
		awk 'NF == 3 && $3 !~ /^(__|_?gcov|\.|DW\.ref)/ { print $3 }' | sort >"$scratch/static"
	diff "$scratch/list" "$scratch/static"
}

check "the headers declare some functions" test -s "$scratch/headers"
check "the list of symbols is sorted and has none twice" sort -cu "$top_srcdir/common/libuvio.sym"
check "the list of symbols is what the headers declare" diff "$scratch/list" "$scratch/headers"
# A function and how many pointers it takes, a line.
pointers_of_headers() {
	cat "$top_srcdir"/common/uvio/*.h | sed '/^#/d; s|/\*.*\*/||' | tr '\n\t' '  ' |
		grep -o 'UVIO_API [^;]*;' |
		sed 's/ UVIO_PRINTF(.*//; s/^[^(]*[ *]\(uvio_[a-z0-9_]*\) *(\(.*\)).*/\1,\2/' |
		awk -F, '{ n = 0; for (i = 2; i <= NF; i++) n += $i ~ /\*/; print $1, n }' | sort
}

misuse_is_complete() {
	pointers_of_headers >"$scratch/pointers"
	sed -n 's/^	\(X\|VOID\)(\(uvio_[a-z0-9_]*\), \([0-9]\),.*/\2 \3/p' \
		"$top_srcdir/tests/t_misuse.c" | sort | diff "$scratch/pointers" -
}
threads_are_named() {
	! grep -Liw 'threads\?' "$top_srcdir"/common/uvio/*.h | grep -v '/uvio\.h$'
}
# The body of a structure may grow, and then older programs have a smaller one: t_sized.c.
structures() {
	sed -n 's/^struct \(uvio_[a-z_]*\) {$/\1/p' "$top_srcdir"/common/uvio/*.h | grep -vx \
		'uvio_dma\|uvio_dma_segment'
}
no_size_is_missing() {
	structures >"$scratch/structures"
	test -s "$scratch/structures" && ! cat "$top_srcdir"/common/uvio/*.h | sed '/^#/d' |
		tr '\n\t' '  ' | grep -o 'UVIO_API [^;]*;' | sed 's/const struct [a-z_]* [*]*//g' |
		grep -wFf "$scratch/structures" | grep 'struct uvio_[a-z_]* \*[a-z]' |
		grep -v '_sized(.*size_t size);' | while read -r line; do
		for name in $(cat "$scratch/structures"); do
			echo "$line" | grep "struct $name \*[a-z]"
		done
	done | grep .
}
check "what the library fills in the memory of the caller has a size" no_size_is_missing
check "each header says which thread may call what" threads_are_named
check "each exported function is called with each of its pointers NULL" misuse_is_complete

if [ -f "$top_builddir/.libs/libuvio.a" ]; then
	check "the static library exports what the list says" static_exports_alone
else
	skip "the static library exports what the list says" "no static library"
fi

# What ends the process, writes to its streams, or takes its signals.
# A copy of it, for work that goes on apart, ends by _exit().
rude='exit|_Exit|quick_exit|abort|__assert|__assert_fail|atexit|signal|sigaction'
rude="$rude|(__)?v?[fd]?printf(_chk)?|puts|fputs|putchar|fputc|perror|psignal|stdout|stderr"

harms_nobody() {
	$NM -D --undefined-only "$top_builddir/.libs/libuvio.so" |
		awk '{ sub(/@.*/, "", $NF); print $NF }' | grep -Ex "$rude" && return 1
	grep -rnw --include='*.c' _exit "$top_srcdir/common" "$top_srcdir/vfio" |
		grep -v '/apart\.c:' && return 1
	! grep -rn '__constructor__\|(constructor' "$top_srcdir/common" "$top_srcdir/uio" \
		"$top_srcdir/vfio"
}

# libpci ends the process when anything fails.
runs_without_libpci() {
	$NM -D --undefined-only "$top_builddir/.libs/libuvio.so" |
		awk '{ sub(/@.*/, "", $NF); print $NF }' | grep '^pci_' && return 1
	! grep -a 'libpci\.so' "$top_builddir/.libs/libuvio.so"
}

one_file_knows_libpci() {
	grep -rlE '<pci/|[^a-z_]pci_(alloc|init|lookup_name)' "$top_srcdir/common" \
		"$top_srcdir/uio" "$top_srcdir/vfio" "$top_srcdir/drivers" "$top_srcdir/tools" \
		--include='*.[ch]' | grep -v '/tools/names\.c$' && return 1
	grep -q '<pci/pci.h>' "$top_srcdir/tools/names.c"
}
check "libpci is behind one file, which is the command's" one_file_knows_libpci

if [ "${UVIO_SHARED:-yes}" = yes ]; then
	exported
	check "the library runs without libpci, which can end a program" runs_without_libpci
	check "the library neither ends the program nor speaks in its name (vfio 92 and 93)" \
		harms_nobody
	check "every symbol has a version" have_versions
	check "the library exports what the list says" diff "$scratch/list" "$scratch/library"
else
	skip "the library runs without libpci, which can end a program" \
		"no shared library, or it is instrumented"
	skip "the library neither ends the program nor speaks in its name (vfio 92 and 93)" \
		"no shared library, or it is instrumented"
	skip "the library exports what the list says" "no shared library, or it is instrumented"
fi
plan
