"""The completion script for bash, 3.2 and later."""

from collections.abc import Iterator, Sequence

from canarycli.cli.help.tree import LIVE, Branch, Kind, Value

_HEAD = """\
# bash completion for canary, written by: canary completion bash

_canary_words() {
    COMPREPLY=($(compgen -W "$1" -- "$word"))
}

_canary_files() {
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
}

_canary_live() {
    local line
    compopt -o nosort 2>/dev/null
    while IFS= read -r line; do
        line=$(printf '%q' "$line")
        COMPREPLY[${#COMPREPLY[@]}]=${line//\\\\,/,}
    done < <("${COMP_WORDS[0]}" __complete "$1" "$word" 2>/dev/null | cut -f 1)
}

_canary() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' n
    if [[ $word == = ]]; then
        word=''
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    for ((n = 1; n < COMP_CWORD; n++)); do
        if [[ ${COMP_WORDS[n]} != -* ]]; then
            command=${COMP_WORDS[n]}
            break
        fi
    done
"""

_TAIL = """\
}

complete -o default -F _canary canary
"""


def bash(branches: Sequence[Branch]) -> str:
    """The script."""
    names = " ".join([*(branch.name for branch in branches), "--help", "--version"])
    lines = [
        _HEAD.rstrip("\n"),
        "    if [[ -z $command ]]; then",
        f"        _canary_words '{names}'",
        "        return",
        "    fi",
        '    case "$command:$before" in',
        *(f"        {line}" for line in _values(branches)),
        "    esac",
        "    if [[ $word == -* ]]; then",
        "        case $command in",
        *(f"            {branch.name}) _canary_words '{_flags(branch)}' ;;" for branch in branches),
        "        esac",
        "        return",
        "    fi",
        "    case $command in",
        *(f"        {line}" for line in _places(branches)),
        "    esac",
    ]
    return "\n".join(lines) + "\n" + _TAIL


def _values(branches: Sequence[Branch]) -> Iterator[str]:
    """What may follow an option: a case each for what is offered, most options of all commands."""
    meanings: dict[str, dict[str, str]] = {}
    for branch in branches:
        for flag in branch.flags:
            for name in flag.names if flag.takes_value else ():
                meanings.setdefault(name, {})[branch.name] = _offer(flag.value)
    own: dict[str, list[str]] = {}
    shared: dict[str, list[str]] = {}
    for name, offers in meanings.items():
        for command, offer in offers.items():
            if len(set(offers.values())) > 1:
                own.setdefault(offer, []).append(f"{command}:{name}")
        if len(set(offers.values())) == 1:
            shared.setdefault(next(iter(offers.values())), []).append(f"*:{name}")
    for cases in (own, shared):
        yield from (f"{'|'.join(names)}) {offer}; return ;;" for offer, names in cases.items())


def _places(branches: Sequence[Branch]) -> Iterator[str]:
    for branch in branches:
        for place in branch.places[:1]:
            if place.value.kind not in {Kind.FREE, Kind.NONE}:
                yield f"{branch.name}) {_offer(place.value)} ;;"


def _flags(branch: Branch) -> str:
    return " ".join(name for flag in branch.flags for name in flag.names)


def _offer(value: Value) -> str:
    match value.kind:
        case Kind.WORDS:
            return f"_canary_words '{' '.join(value.words)}'"
        case Kind.FILE:
            return "_canary_files"
        case kind if kind in LIVE:
            return f"_canary_live {value.kind.value}"
        case _:
            return ":"
