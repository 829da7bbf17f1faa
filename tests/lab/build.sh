# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: the kernel of "lab --kernel full", built from Debian's sources with the options
# in kernel.config, and cached by the version of the sources and the checksum of the options.

build_package=linux-source-6.12

# Sets what kernel_select sets. An older build is used where a newer one cannot be had.
kernel_full() {
  local store=$cache/kernel-full sum version build
  mkdir -p "$store"
  sum=$(sha256sum <"$lab_dir/kernel.config")
  sum=${sum:0:12}
  version=$(build_candidate)
  build=$(build_cached "$store" "$version" "$sum")
  if [[ -z $build ]]; then
    build_wait "$store" "$version" "$sum"
    build=$(build_cached "$store" '' "$sum")
    [[ $build ]] || die "--kernel full" "is not at hand (reason above); fix that," \
      "or give --kernel FILE"
    [[ $build_rc == 0 ]] || say "using the cached ${build%.*}"
  fi
  kernel_image=$store/$build/bzImage
  kernel_version=$(<"$store/$build/version")
  kernel_modules=
}

# The version of the sources that apt would fetch; nothing when apt does not know them.
build_candidate() {
  apt-cache "${apt_options[@]}" show --no-all-versions "$build_package" 2>/dev/null |
    sed -n 's/^Version: //p' | sed -n 1p || true
}

build_cached() { # STORE VERSION SUM: the newest such folder; VERSION may be empty
  find "$1" -mindepth 1 -maxdepth 1 -type d -name "${2:-*}.$3" -printf '%f\n' | sort -V |
    tail -n 1
}

# In a process group of its own, so that who ends the lab ends the compilers, too.
build_wait() {
  set -m
  build_new "$@" &
  builder=$!
  set +m
  build_rc=0
  wait "$builder" || build_rc=$?
  builder=
}

# A process of its own: the lock and the half-made folder go with it, however it ends.
build_new() { # STORE VERSION SUM
  local store=$1 version=$2 sum=$3
  work= # not local: set -e ends the function before the trap is run
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' INT TERM HUP
  build_tools
  build_lock
  [[ -z $(build_cached "$store" "$version" "$sum") ]] || exit 0
  rm -rf "$store"/.new.*
  work=$(mktemp -d "$store/.new.XXXXXX")
  cd "$work"
  [[ $version ]] || build_backports
  kernel_download "$build_package=$version"
  build_step "unpacking the sources" build_unpack
  build_step "the configuration" build_configure
  say "building Linux $version, which takes about $(((7 + $(nproc)) / $(nproc))) minutes"
  build_step "the build" build_make "-j$(nproc)" bzImage
  build_step "keeping the kernel" build_keep "$store/$version.$sum"
}

build_lock() {
  exec 9>"$store/lock"
  if ! flock -n 9; then
    say "waiting for another lab to build the kernel"
    flock 9
  fi
}

build_tools() {
  local pair missing=()
  for pair in gcc:gcc make:make flex:flex bison:bison bc:bc xz:xz-utils; do
    command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if [[ ${missing[*]} != *gcc* ]]; then
    gcc -E -include libelf.h -x c /dev/null >/dev/null 2>&1 || missing+=(libelf-dev)
  fi
  if [[ ${#missing[@]} -gt 0 ]]; then
    die "--kernel full" "this host cannot build it; install ${missing[*]}"
  fi
}

# Sets version by Debian's backports, on the mirror which the machine itself uses.
build_backports() {
  local suite mirror
  suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  mirror=$(build_mirror "$suite")
  [[ $mirror ]] || die "$build_package" "neither have apt's lists this package nor its sources" \
    "a mirror of Debian; run apt-get update"
  build_lists "$mirror" "$suite-backports"
  version=$(build_candidate)
  [[ $version ]] || die "$build_package" "neither apt's lists nor $suite-backports have" \
    "it$(sed -n '/^[EW]: /{s//, /p;q}' apt.log); run apt-get update"
}

# Points apt to lists in the cache: those of the machine stay as they are.
build_lists() { # MIRROR SUITE
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ -r $keys ]] && keys="[signed-by=$keys]" || keys=
  mkdir -p "$cache/apt/lists"
  echo "deb $keys $1 $2 main" >"$cache/apt/sources"
  apt_options+=(-o "Dir::Etc::sourcelist=$cache/apt/sources" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$cache/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  apt-get "${apt_options[@]}" update >apt.log 2>&1 || true
}

# The address from which the machine has its release; apt reads its own sources best.
build_mirror() { # CODENAME
  apt-get update --print-uris 2>/dev/null |
    sed -nE "s#^'(.*)/dists/($1|(old)*stable)/InRelease' .*#\1#p" | sed -n 1p || true
}

# Ends the build where the step fails, with the last that it said.
build_step() { # WHAT COMMAND...
  "${@:2}" >>log 2>&1 && return
  mv log "$store/log"
  tail -n 15 "$store/log" >&2
  die "$build_package $version" "$1 failed (see above, or all of $store/log)"
}

# Here, and below, set -e does not reach, so each step is chained to the next.
build_unpack() {
  dpkg-deb --fsys-tarfile ./*.deb | tar -xO "./usr/src/$build_package.tar.xz" | tar -xJ &&
    rm ./*.deb &&
    mv "$build_package" tree
}

# Options which others that they depend on rule out vanish without a word: so each is looked for.
build_configure() {
  local missing
  build_make tinyconfig &&
    cat "$lab_dir/kernel.config" >>tree/.config &&
    build_make olddefconfig || return
  missing=$(grep -E '^(# )?CONFIG_' "$lab_dir/kernel.config" | grep -vxFf tree/.config || true)
  [[ -z $missing ]] ||
    printf '%s\n' "kernel.config asks for what these sources do not give:" "$missing"
  [[ -z $missing ]]
}

# Nothing of the caller's environment: make check hands down flags that are not the kernel's. The
# names and the date are for an image that is the same wherever it is built.
build_make() {
  env -i PATH="$PATH" HOME="$work" TMPDIR="${TMPDIR:-/tmp}" LC_ALL=C KBUILD_BUILD_USER=uvio \
    KBUILD_BUILD_HOST=lab KBUILD_BUILD_TIMESTAMP='2000-01-01 UTC' \
    make -s -C tree LOCALVERSION= "$@" 9>&-
}

build_keep() { # FOLDER
  mkdir keep &&
    mv tree/arch/x86/boot/bzImage tree/.config keep &&
    kernel_image_version keep/bzImage >keep/version &&
    mv keep "$1"
}
