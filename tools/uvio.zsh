#compdef uvio
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The uvio authors
#
# Completion of the uvio command in zsh. What there is to choose from, the command itself is asked.

_uvio_section() { # PROGRAM TITLE
  $1 --help 2>/dev/null | sed -n "/^$2:/,/^\$/s/^  \([a-z]*\) .*/\1/p"
}

# The help for the options of a command, and for those which all commands have.
_uvio_help() { # PROGRAM COMMAND
  $1 ${2:+"$2"} --help 2>/dev/null
  $1 help options 2>/dev/null
}

_uvio_options() { # PROGRAM COMMAND
  _uvio_help "$@" | grep -o -e '^ *\(-[a-zA-Z], \)\{0,1\}--[a-z][-a-z]*' | grep -o -e '--.*' | sort -u
}

_uvio_addresses() { # PROGRAM
  $1 list --all 2>/dev/null | sed -nE 's/^([0-9a-f]+:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|uio[0-9]+) .*/\1/p'
}

# Options whose next word is theirs.
_uvio_takes_value() { # WORD PROGRAM COMMAND
  case $1 in
    (-[a-zA-Z]) _uvio_help "$2" "$3" | grep -qE "^ *$1, --[a-z-]+ [A-Z]" ;;
    (--*) _uvio_help "$2" "$3" | grep -qE "^ *(-[a-zA-Z], )?$1 [A-Z]" ;;
    (*) false ;;
  esac
}

_uvio_value() { # OPTION PROGRAM
  case $1 in
    (-b|--backend|--backends) compadd -- ${(f)"$(_uvio_section $2 Backends)"} ;;
    (-k|--kind) compadd -- intx msi msix ;;
    (--netdev) compadd -- /sys/class/net/*(N:t) ;;
    (-p|--parity) compadd -- none odd even mark space ;;
    (-w|--width) compadd -- 1 2 4 8 ;;
    (-o|--owner) _users ;;
    (-l|--link|--sysfs|--dev|--proc|--run|--etc|--module) _files ;;
  esac
}

_uvio_operand() { # COMMAND NUMBER PROGRAM
  case $1:$2 in
    (list:*) ;;
    (help:1) compadd -- ${(f)"$(_uvio_section $3 Commands)"} ;;
    (bind:1|unbind:*) compadd -- ${(f)"$(_uvio_addresses $3)"} ;;
    (bind:*) compadd -- ${(f)"$(_uvio_addresses $3)"} ${(f)"$(_uvio_section $3 Backends)"} none ;;
    (*:1) compadd -- ${(f)"$(_uvio_addresses $3)"} ;;
    (read:2|write:2) compadd -- bar{0..5} config rom ;;
    (guard:2) compadd -- -- ;;
    (guard:*) _command_names -e ;;
  esac
}

_uvio() {
  local program=$words[1] command='' before='' word
  local -i operands=0 i

  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if _uvio_takes_value "$word" "$program" "$command"; then
      ((++i < CURRENT)) || before=$word
    elif [[ $word != -* || $word == -- ]]; then
      if [[ -n $command ]]; then ((++operands)); else command=$word; fi
    fi
  done
  if [[ -n $before ]]; then
    _uvio_value "$before" "$program"
  elif [[ $words[CURRENT] == -* ]]; then
    compadd -- ${(f)"$(_uvio_options $program $command)"}
  elif [[ -z $command ]]; then
    compadd -- ${(f)"$(_uvio_section $program Commands)"}
  else
    _uvio_operand "$command" $((operands + 1)) "$program"
  fi
}

_uvio "$@"
