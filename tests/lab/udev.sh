# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: the real systemd-udevd for the guest, from Debian's package udev, fetched once.

# Adds to opt_files.
udev_select() {
  local store=$cache/udev version
  mkdir -p "$store"
  version=$(apt-cache show --no-all-versions udev 2>/dev/null | sed -n 's/^Version: //p')
  if [[ -z $version || ! -d $store/$version ]] && ! udev_fetch "$store" "$version"; then
    version=$(kernel_newest "$store")
    [[ $version ]] || die "udev" "apt has no such package at hand (reason above); run" \
      "apt-get update"
    say "no newer udev can be had; using the cached $version"
  fi
  store=$store/$version
  opt_files+=("$store/bin/udevadm:/bin/udevadm" "$store/bin/udevadm:/bin/systemd-udevd"
    "$store/rules.d:/lib/udev/rules.d")
}

# In a subshell, as kernel_fetch.
udev_fetch() (
  store=$1 version=$2 work=
  if [[ -z $version ]]; then
    say "udev: apt does not know this package"
    exit 1
  fi
  exec 9>"$store/lock"
  flock 9
  [[ ! -d $store/$version ]] || exit 0
  rm -rf "$store"/.new.*
  work=$(mktemp -d "$store/.new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' INT TERM HUP
  cd "$work"
  kernel_download udev || exit 1
  dpkg-deb -x ./*.deb all &&
    mkdir -p tree/bin &&
    mv "$(find all -path '*bin/udevadm' -type f)" tree/bin/udevadm &&
    mv "$(find all -path '*lib/udev/rules.d' -type d)" tree/rules.d &&
    mv tree "$store/$version"
)
