# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# For tests in several guests, whose results come out as one TAP stream. The caller sets "here",
# this folder, and perhaps "guests_need", options of lab --prepare, and prints 1..$count at its end.

# shellcheck source-path=SCRIPTDIR source=wanted.sh
. "$here/wanted.sh"
# What a test's guests need of the lab, besides its kernel.
lab_wanted ${guests_need[@]+"${guests_need[@]}"}

count=0
foreign=(--file tests/lab/foreign_uio --file tests/lab/foreign_vfio)

# Numbers on from the guest before; a guest that ends early is a failure of its own. What it hands
# out, in lines after "etc", goes to the file "handed".
guest() {
  local title=$1 before=$count plan='' line
  shift
  while IFS= read -r line; do
    case $line in
    1..*) plan=${line#1..} ;;
    "etc "*) printf '%s\n' "${line#etc }" >>"${handed:-/dev/null}" ;;
    "ok "*" - "*) printf 'ok %d - %s\n' $((++count)) "${line#ok * - }" ;;
    "not ok "*" - "*) printf 'not ok %d - %s\n' $((++count)) "${line#not ok * - }" ;;
    *) printf '%s\n' "$line" ;;
    esac
  done < <("$here/lab" "${foreign[@]}" "$@" 2> >(sed 's/^/# /'))
  if [ "${plan:-0}" -eq 0 ] || [ "$plan" -ne $((count - before)) ]; then
    printf 'not ok %d - %s: the guest ended before its plan\n' $((++count)) "$title"
  fi
}
