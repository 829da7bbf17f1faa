# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: programs for the guest from packages of Debian, each fetched once.

# package_select NAME: sets package_tree, a folder in which it is unpacked.
package_select() {
  local name=$1 store=$cache/package/$1 version
  mkdir -p "$store"
  version=$(apt-cache show --no-all-versions "$name" 2>/dev/null | sed -n 's/^Version: //p')
  if [[ -z $version || ! -d $store/$version ]] && ! package_fetch "$name" "$store" "$version"; then
    version=$(kernel_newest "$store")
    [[ $version ]] || die "$name" "apt has no such package at hand (reason above); run" \
      "apt-get update"
    say "no newer $name can be had; using the cached $version"
  fi
  package_tree=$store/$version
}

# In a subshell, as kernel_fetch.
package_fetch() (
  name=$1 store=$2 version=$3 work=
  if [[ -z $version ]]; then
    say "$name: apt does not know this package"
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
  kernel_download "$name" || exit 1
  dpkg-deb -x ./*.deb tree && mv tree "$store/$version"
)

# All programs of a package. Adds to opt_files.
package_programs() { # NAME
  local file
  package_select "$1"
  for file in "$package_tree"/{,usr/}{bin,sbin}/*; do
    [[ ! -x $file ]] || opt_files+=("$file:/bin/${file##*/}")
  done
}

# The real systemd-udevd. Adds to opt_files.
package_udev() {
  local bin rules
  package_select udev
  bin=$(find "$package_tree" -path '*bin/udevadm' -type f)
  rules=$(find "$package_tree" -path '*lib/udev/rules.d' -type d)
  opt_files+=("$bin:/bin/udevadm" "$bin:/bin/systemd-udevd" "$rules:/lib/udev/rules.d")
}
