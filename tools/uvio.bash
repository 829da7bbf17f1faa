# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Completion of the uvio command. What there is to choose from, the command itself is asked.

_uvio_commands() {
  "$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The help for the options of a command, and for those which all commands have.
_uvio_help() { # PROGRAM COMMAND
  "$1" ${2:+"$2"} --help 2>/dev/null
  "$1" help options 2>/dev/null
}

_uvio_options() {
  _uvio_help "$@" | grep -o -e '^ *\(-[a-zA-Z], \)\?--[a-z][-a-z]*' | grep -o -e '--.*' | sort -u
}

_uvio_addresses() {
  "$1" list --all 2>/dev/null |
    grep -oE '^([0-9a-f]+:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|uio[0-9]+)( |$)'
}

_uvio_backends() {
  "$1" --help 2>/dev/null | sed -n '/^Backends:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# Options whose next word is theirs.
_uvio_takes_value() { # WORD PROGRAM COMMAND
  case $1 in
  -[a-zA-Z]) _uvio_help "$2" "$3" | grep -qE "^ *$1, --[a-z-]+ [A-Z]" ;;
  --*) _uvio_help "$2" "$3" | grep -qE "^ *(-[a-zA-Z], )?$1 [A-Z]" ;;
  *) false ;;
  esac
}

# An address has colons, which are where readline breaks words.
_uvio_reply() { # WORDS CURRENT
  local prefix=${2%"${2##*:}"} i
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
  [[ $2 == *:* && $COMP_WORDBREAKS == *:* ]] || return 0
  for i in "${!COMPREPLY[@]}"; do
    COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}
  done
}

# Sets words and cword as the shell's, with the colons back in place.
_uvio_words() {
  local line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  cword=$((${#words[@]} - 1))
}

_uvio_value() { # OPTION PROGRAM CURRENT
  case $1 in
  -b | --backend | --backends) _uvio_reply "$(_uvio_backends "$2")" "$3" ;;
  -k | --kind) _uvio_reply "intx msi msix" "$3" ;;
  -o | --owner) mapfile -t COMPREPLY < <(compgen -u -- "$3") ;;
  --netdev) _uvio_reply "$(ls /sys/class/net 2>/dev/null)" "$3" ;;
  -p | --parity) _uvio_reply "none odd even mark space" "$3" ;;
  -w | --width) _uvio_reply "1 2 4 8" "$3" ;;
  -l | --link | --sysfs | --dev | --proc | --run | --etc | --module)
    mapfile -t COMPREPLY < <(compgen -f -- "$3")
    ;;
  esac
}

_uvio_operand() { # COMMAND NUMBER PROGRAM CURRENT
  case $1:$2 in
  list:*) ;;
  help:1) _uvio_reply "$(_uvio_commands "$3")" "$4" ;;
  bind:1 | unbind:*) _uvio_reply "$(_uvio_addresses "$3")" "$4" ;;
  bind:*) _uvio_reply "$(_uvio_addresses "$3") $(_uvio_backends "$3") none" "$4" ;;
  *:1) _uvio_reply "$(_uvio_addresses "$3")" "$4" ;;
  read:2 | write:2) _uvio_reply "bar0 bar1 bar2 bar3 bar4 bar5 config rom" "$4" ;;
  guard:2) _uvio_reply "--" "$4" ;;
  guard:*) mapfile -t COMPREPLY < <(compgen -c -- "$4") ;;
  esac
}

_uvio() {
  local words cword i program command='' operands=0 before=''
  COMPREPLY=()
  _uvio_words
  program=${words[0]}
  for ((i = 1; i < cword; i++)); do
    if _uvio_takes_value "${words[i]}" "$program" "$command"; then
      before=${words[i]}
      i=$((i + 1))
      [[ $i -ge $cword ]] || before=''
    elif [[ ${words[i]} != -* || ${words[i]} == -- ]]; then
      if [[ $command ]]; then operands=$((operands + 1)); else command=${words[i]}; fi
    fi
  done
  if [[ $before ]]; then
    _uvio_value "$before" "$program" "${words[cword]}"
  elif [[ ${words[cword]} == -* ]]; then
    _uvio_reply "$(_uvio_options "$program" "$command")" "${words[cword]}"
  elif [[ ! $command ]]; then
    _uvio_reply "$(_uvio_commands "$program")" "${words[cword]}"
  else
    _uvio_operand "$command" $((operands + 1)) "$program" "${words[cword]}"
  fi
}

complete -F _uvio uvio
