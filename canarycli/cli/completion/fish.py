"""The completion script for fish."""

from collections.abc import Iterator, Sequence

from canarycli.cli.help.tree import LIVE, Branch, Flag, Kind, Value

_HEAD = """\
# fish completion for canary, written by: canary completion fish

function __canary_live
    canary __complete $argv[1] (commandline --current-token) 2>/dev/null
end

complete -c canary -f
complete -c canary -n __fish_use_subcommand -s h -l help -d 'Show the help'
complete -c canary -n __fish_use_subcommand -l version -d 'Show the version'
"""


def fish(branches: Sequence[Branch]) -> str:
    """The script."""
    first = "complete -c canary -n __fish_use_subcommand"
    lines = [f"{first} -a {branch.name} -d {_quoted(branch.row.help)}" for branch in branches]
    for branch in branches:
        lines += _branch(branch)
    return _HEAD + "\n".join(lines) + "\n"


def _branch(branch: Branch) -> Iterator[str]:
    when = f"complete -c canary -n '__fish_seen_subcommand_from {branch.name}'"
    for flag in branch.flags:
        yield f"{when} {_spelled(flag)}{_offer(flag.value, option=True)} -d {_quoted(flag.help)}"
    for place in branch.places[:1]:
        offer = _offer(place.value, option=False)
        if offer:
            yield f"{when}{offer}"


def _spelled(flag: Flag) -> str:
    return " ".join(
        f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names
    )


def _offer(value: Value, *, option: bool) -> str:
    needs = " -x" if option else ""
    match value.kind:
        case Kind.NONE:
            return ""
        case Kind.WORDS:
            return f"{needs} -a {_quoted(' '.join(value.words))}"
        case Kind.FILE:
            return " -r -F" if option else " -F"
        case kind if kind in LIVE:
            return f"{needs} -k -a '(__canary_live {value.kind.value})'"
        case _:
            return needs


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
