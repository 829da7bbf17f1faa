# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# For tests in several guests, whose results come out as one TAP stream. The caller sets "here",
# this folder, and prints 1..$count at its end.

if [ "${UVIO_LAB-}" = no ]; then
  echo "1..0 # SKIP UVIO_LAB=no"
  exit 0
fi

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
