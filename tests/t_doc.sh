#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# The documentation says what is there: its examples are the programs that are compiled and run,
# every function has its page, and the names which it mentions exist.
#
# A page shows a file whole, between '.\" doc/FILE', '.Bd -literal' and '.Ed'. A text shows a piece
# of one, indented by four at least, after a line that ends with 'doc/FILE:'. Tabs are four wide.

. "${top_srcdir:-.}/tests/tap.sh"

LC_ALL=C
export LC_ALL
doc=$top_srcdir/doc
pages=$(cd "$doc" && echo uvio.1 uvio-*.1 uvio.7 uvio-guard.8 uvio_*.3)
texts="README NEWS doc/architecture doc/comparison"

# Examples

# What a page shows of a file.
shown_in_page() { # PAGE FILE
	awk -v mark=".\\\\\" doc/$2" '
		$0 == mark { found = 1; next }
		found == 1 && /^\.Bd -literal$/ { found = 2; next }
		found == 2 && /^\.Ed$/ { exit }
		found == 2 { sub(/^\\&/, ""); gsub(/\\e/, "\\"); print }' "$doc/$1"
}

page_shows() { # PAGE FILE
	shown_in_page "$1" "$2" >"$scratch/shown"
	expand -t 4 "$doc/$2" >"$scratch/file"
	diff "$scratch/shown" "$scratch/file"
}

shown_in_text() { # TEXT FILE
	awk -v mark="doc/$2:" '
		substr($0, length($0) - length(mark) + 1) == mark { found = 1; next }
		!found { next }
		/^$/ { blank += indent > 0; next }
		!indent { match($0, /^ */); indent = RLENGTH }
		match($0, /^ */) < 1 || RLENGTH < indent || indent < 4 { exit }
		{ for (; blank > 0; blank--) print ""; print substr($0, indent + 1) }' "$top_srcdir/$1"
}

# Whole lines, one after the other.
text_shows() { # TEXT FILE
	shown_in_text "$1" "$2" >"$scratch/shown"
	expand -t 4 "$doc/$2" >"$scratch/file"
	test -s "$scratch/shown" && awk '
		FNR == NR { want = want $0 "\n"; next }
		{ have = have $0 "\n" }
		END { exit !(index("\n" have, "\n" want)) }' "$scratch/shown" "$scratch/file"
}

for page in $pages; do
	for file in $(sed -n 's|^\.\\" doc/||p' "$doc/$page"); do
		check "$page: shows doc/$file" page_shows "$page" "$file"
	done
done
for text in $texts; do
	for file in $(sed -n 's|^.*doc/\(example[a-z_]*\.c\):$|\1|p' "$top_srcdir/$text"); do
		check "$text: shows a piece of doc/$file" text_shows "$text" "$file"
	done
done
for file in $(cd "$doc" && echo example*.c); do
	check "doc/$file: a page shows it" grep -q "^\.\\\\\" doc/$file\$" "$doc"/*.[1378]
done

# Those which need no card

tree=$scratch/tree
"$top_builddir/tests/mktree" "$top_srcdir/tests/data" edu-unbound "$tree" || exit 99

lists_devices() {
	"$top_builddir/doc/example_device" "$tree/sys" >"$scratch/out" &&
		grep -qx '0000:00:04.0 none' "$scratch/out" || { cat "$scratch/out" && return 1; }
}

tells_steps() {
	! "$top_builddir/doc/example_context" 0000:00:04.0 "$tree/sys" 2>"$scratch/out" &&
		grep -qx '<3> 0000:00:04.0: backend uio is not usable' "$scratch/out" &&
		grep -q '^0000:00:04.0: no backend can drive it' "$scratch/out" ||
		{ cat "$scratch/out" && return 1; }
}

check "doc/example_device.c: runs" lists_devices
check "doc/example_context.c: runs" tells_steps

# Pages

# Whether pages are installed that a page refers to, is not the page's.
lint() { # PAGE
	! mandoc -Tlint -Wstyle "$doc/$1" 2>&1 | grep -v "referenced manual not found\|mandoc\.db"
}

for page in $pages; do
	if command -v mandoc >"$scratch/diagnosis"; then
		check "$page: mandoc finds nothing to say" lint "$page"
	else
		skip "$page: mandoc finds nothing to say" "mandoc is missing"
	fi
done

# A second macro on a line is inside the first: "a, "b, "c"""".
no_quotes_in_quotes() { # PAGE
	! grep -nE '^\.(Dq|Qq|Sq|Pq|Ql) .* (Dq|Qq|Sq|Pq|Ql)( |$)' "$doc/$1"
}

# Without this line mandoc and groff each name another system.
names_its_system() { # PAGE
	grep -qx '\.Os' "$doc/$1"
}

for page in $pages; do
	check "$page: no quotation stands in another one" no_quotes_in_quotes "$page"
	check "$page: has the line .Os" names_its_system "$page"
done

quiet_man() { # PAGE
	MANROFFOPT='' MANPAGER=cat man --warnings -l "$doc/$1" 2>"$scratch/warnings" >"$scratch/page"
	cat "$scratch/warnings"
	[ -s "$scratch/page" ] && [ ! -s "$scratch/warnings" ]
}

# The man of man-db, not that of mandoc.
if man --help 2>/dev/null | grep -q -e --warnings; then
	for page in $pages; do
		check "$page: man finds nothing to say" quiet_man "$page"
	done
else
	skip "man finds nothing to say" "man of man-db is missing"
fi

# Functions: "TYPE NAME(ARGUMENTS)", without blanks where they say nothing.

normal() {
	sed 's/[ 	][ 	]*/ /g; s/ *\([*(),]\) */\1/g; s/^ //; s/ $//' | sort
}

# Programs call NAME, which is inline, and gives the size of a structure to NAME_sized.
prototypes_of_headers() {
	sed '/^#/d' "$top_srcdir"/common/uvio/*.h | tr '\n\t' '  ' |
		sed 's|/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/| |g' | grep -o 'UVIO_API [^;]*;' |
		sed 's/^UVIO_API //; s/UVIO_PRINTF([^)]*)//; s/;$//
			s/_sized *(\(.*\), *size_t size)/(\1)/' | normal
}

# The accessors come from a macro; t_headers.sh compiles them.
prototypes_of_pages() {
	awk '
		/^\.Sh / { on = /SYNOPSIS/ }
		on && /^\.Ft / { type = substr($0, 5); gsub(/"/, "", type) }
		on && /^\.Fn / {
			n = split(substr($0, 5), part, "\"")
			name = part[1]
			args = ""
			for (i = 2; i <= n; i += 2)
				args = args (i > 2 ? "," : "") part[i]
			if (n == 1) {
				split(name, part, " ")
				name = part[1]
				args = part[2]
			}
			gsub(/ /, "", name)
			print type " " name "(" args ")"
		}' "$doc"/uvio_*.3 | grep -Ev 'uvio_(read|write)(8|16|32|64)(_relaxed|_be|_rep)?\(' | normal
}

accessors() {
	for bits in 8 16 32 64; do
		for suffix in '' _relaxed _be; do
			printf '%s\n' "uvio_read$bits$suffix" "uvio_write$bits$suffix"
		done
		[ $bits = 64 ] || printf '%s\n' "uvio_read${bits}_rep" "uvio_write${bits}_rep"
	done | sort
}

prototypes_of_headers >"$scratch/headers"
prototypes_of_pages >"$scratch/pages"
sed 's/.*[ *]\(uvio_[a-z0-9_]*\)(.*/\1/' "$scratch/pages" | sort >"$scratch/functions"
sed 's/_sized$//' "$top_srcdir/common/libuvio.sym" | sort >"$scratch/symbols"
sed -n 's/^\.Fn \(uvio_\(read\|write\)[0-9][0-9a-z_]*\) .*"$/\1/p' "$doc/uvio_region.3" |
	sort >"$scratch/accessors"
accessors >"$scratch/wanted"
check "every symbol of the library has its page, once" diff "$scratch/symbols" "$scratch/functions"
check "the prototypes are those of the headers" diff "$scratch/headers" "$scratch/pages"
check "every accessor is in uvio_region.3, once" diff "$scratch/wanted" "$scratch/accessors"

named() { # NAMES-FILE
	while read -r name; do
		grep -q "^\.Nm $name\( ,\)*\$" "$doc"/uvio_*.3 || { echo "$name" && return 1; }
	done <"$1"
}

check "man finds every function by its name" named "$scratch/symbols"
check "man finds every accessor by its name" named "$scratch/wanted"

# The other names of the headers: members of enums and macros, but for what only headers use.
sed 's|/\*.*||; s|^ \*.*||' "$top_srcdir"/common/uvio/*.h | grep -o '\<UVIO_[A-Z0-9_]*\>' |
	grep -Ev '_H$|^UVIO_(API|PRINTF|SWAP_.*|EIGHT_TIMES)$' | sort -u >"$scratch/names"

in_pages() {
	while read -r name; do
		grep -qw "$name" "$doc"/uvio_*.3 || { echo "$name" && return 1; }
	done <"$scratch/names"
}

check "the headers have some names" test -s "$scratch/names"
check "every name of the headers is in a page" in_pages

# The letters of a command's options, by the text of it from its first line to the end mark.
flags() { # FIRST-LINE END-MARK
	awk -v first="$1" -v end="$2" '
		on && (index($0, end) == 1 || one) { exit }
		index($0 " ", first " ") == 1 { on = 1; one = first ~ /^\.It/ }
		on { while (match($0, /Fl [a-z]+/)) {
			print substr($0, RSTART + 3, RLENGTH - 3)
			$0 = substr($0, RSTART + RLENGTH) } }' "$doc/uvio.1" | grep -o . | sort
}

same_options() { # COMMAND
	flags ".Cm $1" .Nm >"$scratch/synopsis"
	flags ".It Cm $1" .It >"$scratch/described"
	diff "$scratch/synopsis" "$scratch/described"
}

for command in $(sed -n '/^\.Sh SYN/,/^\.Sh DES/s/^\.Cm \([a-z]*\)$/\1/p' "$doc/uvio.1"); do
	check "uvio.1: the synopsis of $command has the options of its text" same_options "$command"
done

every_page() {
	for page in $(cd "$doc" && echo uvio_*.3); do
		[ "$(grep -c "Xr ${page%.3} 3" "$doc/uvio.7")" -ge 2 ] || { echo "$page" && return 1; }
	done
}

# What the guard says to the log of the system, up to the first figure in it.
log_lines() {
	tr '\n' ' ' <"$top_srcdir/uio/uvio_guard.c" | grep -o 'syslog(LOG_[A-Z]*,[^;]*' |
		sed 's/"[ 	]*"//g; s/^[^"]*"%s: \([^"%]*\).*/\1/; s/ $//'
}

guard_page_has_all() {
	log_lines >"$scratch/lines"
	[ "$(wc -l <"$scratch/lines")" -ge 4 ] && sed ':a; /\\$/{N; s/\\\n//; ba}' "$doc/uvio-guard.8" >"$scratch/page" &&
		while read -r line; do
			grep -qF "$line" "$scratch/page" || { echo "$line" && return 1; }
		done <"$scratch/lines"
}

check "uvio-guard.8: has what the guard says to the log" guard_page_has_all

check "uvio.7: names every page, among the parts and at the end" every_page

# Texts

narrow() { # TEXT
	! expand "$top_srcdir/$1" | awk 'length > 80' | grep .
}

# What is written with () and begins as the functions of this project do is one.
functions_exist() { # TEXT
	grep -o '\<\(uvio\|uio\|vfio\)_[a-z_0-9]*()' "$top_srcdir/$1" | sort -u | tr -d '()' | while read -r name; do
		cat "$top_srcdir"/common/*/*.[ch] "$top_srcdir"/common/uvio/*.h "$top_srcdir"/uio/*.[ch] \
			"$top_srcdir"/vfio/*.[ch] "$top_srcdir"/drivers/*.[ch] "$top_srcdir"/tools/*.[ch] \
			"$top_srcdir"/tests/*.[ch] | grep -q "\<$name(" || echo "$name()"
	done >"$scratch/missing"
	cat "$scratch/missing"
	[ ! -s "$scratch/missing" ]
}

# What may be a file by its looks.
is_transport() { # NAME
	"$top_builddir/tools/uvio" --help | grep -q "\<$1\>"
}

# Files of the sources; a program is there as its source.
files_exist() { # TEXT
	sed 's|/dev/[a-zA-Z/]*||g' "$top_srcdir/$1" |
		grep -o '\<\(common\|uio\|vfio\|drivers\|tools\|tests\|doc\)/[a-z_0-9./]*[a-z0-9]' |
		sort -u | while read -r name; do
		[ -e "$top_srcdir/$name" ] || [ -e "$top_srcdir/$name.c" ] ||
			is_transport "$name" || echo "$name"
	done >"$scratch/missing"
	cat "$scratch/missing"
	[ ! -s "$scratch/missing" ]
}

for text in $texts; do
	check "$text: fits 80 columns" narrow "$text"
	check "$text: the functions in it exist" functions_exist "$text"
	check "$text: the files in it exist" files_exist "$text"
done
plan
