"""The completion script for zsh."""

from collections.abc import Iterator, Sequence

from canarycli.cli.help.tree import LIVE, Branch, Flag, Kind, Value

_HEAD = """\
#compdef canary
# zsh completion for canary, written by: canary completion zsh

_canary_live() {
    local -a found
    local line
    for line in ${(f)"$(canary __complete $1 "$PREFIX" 2>/dev/null)"}; do
        found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
    done
    _describe -t $1 $1 found
}

_canary() {
    local curcontext=$curcontext state line
    local -a commands
    typeset -A opt_args
"""

_TAIL = """\
            esac
            ;;
    esac
}

if [[ $funcstack[1] == _canary ]]; then
    _canary "$@"
else
    compdef _canary canary
fi
"""


def zsh(branches: Sequence[Branch]) -> str:
    """The script."""
    lines = [
        _HEAD.rstrip("\n"),
        "    commands=(",
        *(f"        {_quoted(f'{b.name}:{b.row.help}')}" for b in branches),
        "    )",
        "    _arguments -C \\",
        "        '(- *)'{-h,--help}'[Show the help]' \\",
        "        '(- *)--version[Show the version]' \\",
        "        '1:command:->command' \\",
        "        '*::argument:->argument' && return",
        "    case $state in",
        "        command)",
        "            _describe -t commands 'canary command' commands",
        "            ;;",
        "        argument)",
        "            case $words[1] in",
        *(line for branch in branches for line in _branch(branch)),
    ]
    return "\n".join(lines) + "\n" + _TAIL


def _branch(branch: Branch) -> Iterator[str]:
    specs = [_option(flag) for flag in branch.flags]
    for place in branch.places:
        head = "*" if place.many else "1"
        specs.append(_quoted(f"{head}:{place.name.lower()}:{_action(place.value)}"))
    yield f"                {branch.name})"
    yield "                    _arguments -s \\"
    yield from (f"                        {spec} \\" for spec in specs[:-1])
    yield f"                        {specs[-1]}"
    yield "                    ;;"


def _option(flag: Flag) -> str:
    means = _quoted(f"[{_escaped(flag.help)}]" + _argument(flag))
    if len(flag.names) == 1:
        return f"{flag.names[0]}{means}"
    return f"'({' '.join(flag.names)})'{{{','.join(flag.names)}}}{means}"


def _argument(flag: Flag) -> str:
    if not flag.takes_value:
        return ""
    return f":{flag.names[-1].lstrip('-')}:{_action(flag.value)}"


def _action(value: Value) -> str:
    match value.kind:
        case Kind.WORDS:
            return f"({' '.join(value.words)})"
        case Kind.FILE:
            return "_files"
        case kind if kind in LIVE:
            return f"{{_canary_live {value.kind.value}}}"
        case _:
            return " "


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "[]:\\" else c for c in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
