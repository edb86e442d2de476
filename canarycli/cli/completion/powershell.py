"""The completion script for PowerShell."""

from collections.abc import Iterator, Sequence

from canarycli.cli.help.tree import LIVE, Branch, Flag, Kind, Value

_HEAD = """\
# PowerShell completion for canary, written by: canary completion powershell

Register-ArgumentCompleter -Native -CommandName canary -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $result = {
        param($word, $text)
        $kind = 'ParameterValue'
        [System.Management.Automation.CompletionResult]::new($word, $word, $kind, $text)
    }
"""

_TAIL = """\
    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    if ($wordToComplete) { $words = @($words | Select-Object -SkipLast 1) }
    $command = $words | Select-Object -Skip 1 | Where-Object { $_ -notlike '-*' } |
        Select-Object -First 1
    $before = $words | Select-Object -Last 1
    $offer = if (-not $command) {
        $commands
    } elseif ($values[$command].ContainsKey($before)) {
        $values[$command][$before]
    } elseif ($wordToComplete -like '-*') {
        $flags[$command]
    } else {
        $places[$command]
    }
    if ($offer -is [string]) {
        canary __complete $offer $wordToComplete 2>$null | ForEach-Object {
            $word, $text = $_ -split "`t", 2
            if (-not $text) { $text = $word }
            & $result $word $text
        }
        return
    }
    if ($null -eq $offer) { return }
    $offer.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
        & $result $_.Key $_.Value
    }
}
"""


def powershell(branches: Sequence[Branch]) -> str:
    """The script."""
    own = {branch.name: branch.row.help for branch in branches}
    root = {**own, "--help": "Show the help", "--version": "Show the version"}
    lines = [
        _HEAD.rstrip("\n"),
        f"    $commands = {_words(root)}",
        "    $flags = @{",
        *(f"        '{b.name}' = {_words(_flags(b))}" for b in branches),
        "    }",
        "    $values = @{",
        *(f"        '{b.name}' = @{{{'; '.join(_values(b.flags))}}}" for b in branches),
        "    }",
        "    $places = @{",
        *(f"        '{b.name}' = {_offer(b.places[0].value)}" for b in branches if b.places),
        "    }",
    ]
    return "\n".join(lines) + "\n" + _TAIL


def _flags(branch: Branch) -> dict[str, str]:
    # PowerShell's tables don't tell -O from -o, and need no two spellings: the long one is enough.
    return {flag.names[-1]: flag.help for flag in branch.flags}


def _values(flags: Sequence[Flag]) -> Iterator[str]:
    for flag in flags:
        if flag.value.kind not in {Kind.FILE, Kind.FREE, Kind.NONE}:
            yield from (f"'{name}' = {_offer(flag.value)}" for name in flag.names)


def _offer(value: Value) -> str:
    match value.kind:
        case Kind.WORDS:
            return _words({word: word for word in value.words})
        case kind if kind in LIVE:
            return f"'{value.kind.value}'"
        case _:
            return "$null"


def _words(words: dict[str, str]) -> str:
    pairs = "; ".join(f"{_quoted(word)} = {_quoted(text or word)}" for word, text in words.items())
    return f"[ordered]@{{{pairs}}}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
