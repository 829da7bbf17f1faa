# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Part of the lab: the machine itself.

# guest_cards NAME...: sets card_args (for QEMU), and the other arrays for what a card needs. No
# name means every card but those that are there on request only.
guest_cards() {
  local name names line words i word value objects=' '
  card_args=() card_modules=() card_servers=() card_tables=()
  card_echoes=() card_joined=()
  names=("$@")
  [[ $# -gt 0 ]] || read -ra names <<<"$(guest_card_names)"
  for name in "${names[@]}"; do
    [[ $name != none ]] || continue
    line=$(awk -v name="$name" '$1 == name || $1 == "(" name ")"' "$lab_dir/cards")
    [[ $line ]] || usage_error "--card $name" "no such card; there are: $(guest_card_names all)"
    read -ra words <<<"$line"
    for ((i = 1; i + 1 < ${#words[@]}; i += 2)); do
      word=${words[i]} value=${words[i + 1]}
      case $word in
      -module) card_modules+=("$value") ;;
      -echo) card_echoes+=("$value") ;;
      -joined) card_joined+=("$value") ;;
      -server) card_servers+=("$value") ;;
      -table) card_tables+=("$value") ;;
      -object)
        [[ $objects == *" $value "* ]] || card_args+=("$word" "$value")
        objects+="$value "
        ;;
      *) card_args+=("$word" "$value") ;;
      esac
    done
  done
}

guest_card_names() { # [all]
  awk -v all="${1-}" '/^[a-z]/ || (all && /^\(/) { printf "%s%s", n++ ? " " : "", $1 }' \
    "$lab_dir/cards"
}

# Each terminal has an interrupt of its own: sharing one needs a kernel option.
guest_machine() { # ACCEL FOLDER
  local i chardev irqs=(4 3 5 7) files=(console stdout stderr control)
  machine=(-nodefaults -no-user-config -display none -no-reboot -m "$opt_memory" -cpu max)
  case $1 in
  kvm) machine+=(-machine "q35,kernel-irqchip=split" -accel kvm) ;;
  tcg) machine+=(-machine q35 -accel tcg) ;;
  esac
  [[ -z $opt_icount ]] || machine+=(-smp 1 -icount "shift=0,sleep=off" -rtc "clock=vm")
  for i in 0 1 2 3; do
    chardev=file,id=tty$i,path=$2/${files[i]}
    machine+=(-chardev "$chardev" -device "isa-serial,chardev=tty$i,index=$i,irq=${irqs[i]}")
  done
  [[ -z $opt_iommu ]] || machine+=(-device "intel-iommu,intremap=on")
}

# A busy host runs the guest in bits: what the kernel concludes from time that passes outside is
# switched off. It would panic where the timer seems not to work, and drop a clock that seems slow.
guest_command_line() {
  local line="console=ttyS0 no_timer_check nowatchdog nosoftlockup"
  line+=" tsc=reliable rcupdate.rcu_cpu_stall_suppress=1"
  [[ -z $opt_iommu ]] || line+=" intel_iommu=on"
  [[ -z $opt_iommu || -z $opt_pt ]] || line+=" iommu=pt"
  echo "$line quiet panic=-1 ${opt_append[*]-}"
}

# guest_start ACCEL FOLDER INITRD SECONDS [QEMU-ARG...]: in the background, as guest_pid.
# What QEMU itself says goes to FOLDER/qemu.log; some card models print on its stdout.
guest_start() {
  local accel=$1 dir=$2 initrd=$3 seconds=$4
  shift 4
  mkdir -p "$dir"
  : >"$dir/stdout"
  : >"$dir/stderr"
  : >"$dir/control"
  guest_machine "$accel" "$dir"
  note "$qemu ${machine[*]} $*"
  "$qemu" "${machine[@]}" -kernel "$kernel_image" -initrd "$initrd" \
    -append "$(guest_command_line)" "$@" </dev/null >"$dir/qemu.log" 2>&1 &
  guest_pid=$!
  guest_limit "$guest_pid" "$seconds" "$dir/late" </dev/null >/dev/null 2>&1 &
  guest_limit_pid=$!
}

# Ends the guest after so many seconds, but for those in which it wanted to run and others did: a
# busy host is no fault of the guest's. It leaves the file.
guest_limit() { # PID SECONDS FILE
  local begin=$EPOCHSECONDS
  while kill -0 "$1"; do
    if ((EPOCHSECONDS - begin - $(guest_delay "$1") >= $2)); then
      : >"$3"
      kill -TERM "$1"
      sleep 5
      kill -KILL "$1"
      return
    fi
    sleep 1
  done
}

# How many seconds the thread of the process that had to wait longest has waited for a processor.
guest_delay() { # PID
  local file delay most=0
  for file in "/proc/$1/task"/*/schedstat; do
    read -r _ delay _ <"$file" || continue
    [[ $delay -le $most ]] || most=$delay
  done
  echo $((most / 1000000000))
}

guest_wait() {
  guest_rc=0
  # Without its stderr, where bash itself would report that QEMU was killed.
  wait "$guest_pid" 2>/dev/null || guest_rc=$?
  guest_pid=
  kill "$guest_limit_pid" 2>/dev/null || true
  guest_limit_pid=
}

# Sets accel to kvm or tcg. /dev/kvm may be there and yet start no guest, or one that hangs: only a
# guest that ran to its end proves it. The verdict holds until the next boot of the host.
guest_accel() {
  local key verdict
  accel=${opt_accel:-tcg}
  [[ ! $opt_accel && ! $opt_icount && -r /dev/kvm && -w /dev/kvm ]] || return 0
  key=$(cat /proc/sys/kernel/random/boot_id - "$kernel_image" <<<"$qemu_version" | sha256sum)
  verdict=$cache/kvm/${key:0:20}
  if [[ ! -e $verdict ]]; then
    say "trying KVM"
    ! guest_probe_kvm || accel=kvm
    mkdir -p "$cache/kvm"
    find "$cache/kvm" -type f -mtime +30 -delete
    echo "$accel" >"$verdict.$$"
    mv "$verdict.$$" "$verdict"
  fi
  accel=$(<"$verdict")
}

guest_probe_kvm() {
  image_run "$run/probe.cpio" "$base" true
  guest_start kvm "$run/probe" "$run/probe.cpio" 15
  guest_wait
  grep -qx 'exit 0' "$run/probe/control"
}

# Runs the program; ends the lab with its status.
guest_run() { # ACCEL INITRD
  local dir=$run/guest out err status
  mkdir -p "$dir"
  if [[ $opt_console ]]; then
    { : >"$opt_console"; } 2>/dev/null ||
      die "$opt_console" "the console cannot be kept there; name a file to write"
    ln -s "$(realpath "$opt_console")" "$dir/console"
  fi
  host_prepare "$dir"
  guest_start "$1" "$dir" "$2" "$opt_timeout" ${card_args[@]+"${card_args[@]}"} \
    ${opt_qemu[@]+"${opt_qemu[@]}"}
  host_follow "$dir"
  # tail looks once more after QEMU is gone, so that the last words are never lost.
  tail -q -s 0.1 -c +1 -f --pid="$guest_pid" "$dir/stdout" 2>/dev/null &
  out=$!
  tail -q -s 0.1 -c +1 -f --pid="$guest_pid" "$dir/stderr" >&2 2>/dev/null &
  err=$!
  tails="$out $err"
  guest_wait
  wait "$out" || true
  wait "$err" || true
  tails=
  status=$(sed -n 's/^exit \([0-9]*\)$/\1/p' "$dir/control")
  [[ $status ]] || guest_failed "$dir"
  exit "$status"
}

guest_failed() {
  local dir=$1 module
  module=$(sed -n 's/^fail //p' "$dir/control")
  [[ ! -s $dir/qemu.log ]] || tail -n 10 "$dir/qemu.log" >&2
  if [[ -s $dir/console ]]; then
    echo "lab: the last lines of the guest's console:" >&2
    # The reason of a panic stands above a trace of any length.
    { grep -n 'Kernel panic\|BUG:\|Oops' "$dir/console" || true; tail -n 40 "$dir/console"; } |
      tr -d '\r' >&2
  fi
  if [[ $module ]]; then
    die "$module" "the guest's kernel refused this module (reason above)"
  elif [[ -e $dir/late ]]; then
    die "guest" "not done after $opt_timeout s and ended; give it more with --timeout"
  elif [[ $guest_rc != 0 ]]; then
    die "$qemu" "ended with status $guest_rc (reason above)"
  fi
  die "guest" "went down before the program ended (panic or power off, see above)"
}
