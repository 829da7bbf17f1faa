# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: which kernel the guest boots, and its modules.
# kernel_select sets kernel_image, kernel_version and kernel_modules ('' = all is built in).

apt_options=(-q)
# Only root can hand a download to apt's own user, and that user cannot write in the cache.
[[ $EUID != 0 ]] || apt_options+=(-o APT::Sandbox::User=root)

kernel_select() {
  case $opt_kernel in
  '') kernel_debian ;;
  full) kernel_full ;;
  *) kernel_own ;;
  esac
  note "kernel $kernel_image, modules ${kernel_modules:-built in}"
}

kernel_own() {
  [[ -f $opt_kernel && -r $opt_kernel ]] ||
    die "$opt_kernel" "no such kernel; give --kernel a readable bzImage"
  [[ -z $opt_modules || -r $opt_modules/modules.dep ]] ||
    die "$opt_modules" "has no modules.dep; name a lib/modules/VERSION folder, run depmod"
  kernel_image=$opt_kernel
  kernel_modules=$opt_modules
  kernel_version=$(kernel_image_version "$opt_kernel")
}

# The x86 boot protocol keeps at 0x20e where, past the first sector, the version stands.
kernel_image_version() {
  local magic offset
  magic=$(dd if="$1" bs=1 skip=514 count=4 status=none | tr -d '\0')
  if [[ $magic == HdrS ]]; then
    offset=$(od -An -tu2 -j526 -N2 "$1")
    dd if="$1" bs=1 skip=$((offset + 512)) count=100 status=none |
      tr '\0' '\n' | sed -n '1s/ .*//;1p'
  else
    echo "${1##*/}"
  fi
}

kernel_debian() {
  local store=$cache/kernel version
  mkdir -p "$store"
  version=$(kernel_wanted)
  if [[ -z $version || ! -d $store/$version ]] && ! kernel_fetch "$store" "$version"; then
    version=$(kernel_newest "$store")
    [[ $version ]] || die_kernel
    say "no newer kernel can be had; using the cached $version"
  fi
  kernel_version=$version
  kernel_image=$store/$version/vmlinuz
  kernel_modules=$store/$version/lib/modules/$version
}

die_kernel() {
  die "linux-image-amd64" "apt has no such kernel at hand (reason above); run apt-get update," \
    "or give --kernel FILE"
}

# Prints the version Debian's metapackage points to; nothing when apt cannot tell.
kernel_wanted() {
  apt-cache depends linux-image-amd64 2>/dev/null |
    sed -n 's/^ *Depends: linux-image-\([^ ]*-amd64\)$/\1/p' | sed -n 1p || true
}

kernel_newest() {
  find "$1" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%f\n' | sort -V | tail -n 1
}

# In a subshell: the lock and the half-made folder go with it, however it ends.
kernel_fetch() (
  store=$1 version=$2 work=
  if [[ -z $version ]]; then
    say "linux-image-amd64: apt does not know this package"
    exit 1
  fi
  exec 9>"$store/lock"
  if ! flock -n 9; then
    say "waiting for another lab to fetch the kernel"
    flock 9
  fi
  [[ ! -d $store/$version ]] || exit 0
  rm -rf "$store"/.new.*
  work=$(mktemp -d "$store/.new.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' INT TERM HUP
  cd "$work"
  kernel_download "linux-image-$version" || exit 1
  kernel_unpack "$version" || exit 1
  mv tree "$store/$version"
)

# Into the current folder, which is to become one of the cache's.
kernel_download() { # PACKAGE[=VERSION]
  local package=$1 size
  size=$(apt-cache "${apt_options[@]}" show --no-all-versions "$package" | sed -n 's/^Size: //p')
  say "fetching $package ($((${size:-0} / 1000000)) MB) into ${PWD%/*}"
  if ! apt-get "${apt_options[@]}" download "$package" >apt.log 2>&1; then
    say "$package: $(grep '^E:' apt.log | tail -n 1)"
    return 1
  fi
}

# Called where set -e does not reach, so each step is chained to the next.
kernel_unpack() {
  local version=$1 modules
  say "unpacking linux-image-$version"
  dpkg-deb -x ./*.deb all &&
    modules=$(find all -type d -path "*lib/modules/$version") &&
    mkdir -p tree/lib/modules &&
    mv "$modules" "tree/lib/modules/$version" &&
    mv "all/boot/vmlinuz-$version" tree/vmlinuz &&
    busybox depmod -b "$PWD/tree" "$version" || {
    say "linux-image-$version: could not be unpacked in $PWD (disk full?)"
    return 1
  }
}

# modules_order NAME...: the module files, below kernel_modules, dependencies first.
# A name that is in the kernel itself prints nothing; one that is nowhere ends the lab.
modules_order() {
  local answer missing builtin=$kernel_modules/modules.builtin
  [[ -r $builtin ]] || builtin=/dev/null
  answer=$(awk -v wanted="$*" "$modules_awk" "$builtin" "$kernel_modules/modules.dep")
  missing=$(sed -n 's/^? //p' <<<"$answer")
  [[ -z $missing ]] ||
    die "$kernel_version" "this kernel has no module" $missing
  echo "$answer"
}

# shellcheck disable=SC2016
modules_awk='
function key(path) {
  sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path)
  return path
}
function visit(path,   list, i, n) {
  if (path in seen) return
  seen[path] = 1
  n = split(needs[path], list, " ")
  for (i = 1; i <= n; i++) visit(list[i])
  print path
}
FILENAME ~ /modules\.dep$/ {
  path = $1; sub(/:$/, "", path); $1 = ""
  file[key(path)] = path; needs[path] = $0
  next
}
{ inside[key($1)] = 1 }
END {
  n = split(wanted, name, " ")
  for (i = 1; i <= n; i++) {
    k = key(name[i])
    if (k in file) visit(file[k])
    else if (!(k in inside)) print "? " name[i]
  }
}'
