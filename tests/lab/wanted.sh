# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Whether a test of the lab runs, by UVIO_LAB, which make check sets as configure's --enable-lab:
# yes (and so without make), no, or auto: where the lab can be had. The caller sets "here".

lab_skip() { # REASON
  echo "1..0 # SKIP $1"
  exit 0
}

# What the lab says when it is prepared tells what is missing, and how to have it.
lab_wanted() { # PREPARE-OPTION...
  local said
  case ${UVIO_LAB:-yes} in
  no) lab_skip "the lab is switched off (UVIO_LAB=no, or configure --enable-lab=no)" ;;
  auto) ;;
  *) return 0 ;;
  esac
  said=$("$here/lab" --prepare "$@" 2>&1 >/dev/null) ||
    lab_skip "no lab here: $(tail -n 1 <<<"${said//#/}" | sed 's/^lab: //'); README names what it needs"
}
