"""What `canary doctor` found, group by group."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from canarycli.cli.display.ansi import bold, colored, paint
from canarycli.cli.display.output import Output
from canarycli.cli.display.table import room
from canarycli.cli.options.common import Common
from canarycli.errors import Exit
from canarycli.harmless import visible
from canarycli.operations.cloud import IDENTITY, UNFIT
from canarycli.operations.doctor import Group
from canarycli.provider import Probe

SCHEMA = "canary.doctor/1"
NARROWEST = 18

VERDICTS = {True: "ok", False: "problem", None: "not_tried"}
SYMBOLS = {True: "✔", False: "✖", None: "?"}
STYLES = {True: "green", False: "red", None: "dim"}


def show_groups(common: Common, output: Output, groups: Iterable[Group]) -> Exit:
    """Show each group when it is known, or all of them as one document."""
    seen: list[Group] = []
    if output.for_people:
        lines = _lines(groups, seen, color=_colored(common))
        output.result({"schema": SCHEMA}, lines, painted=True)
    else:
        seen += groups
        output.result(_document(seen))
    return _exit(seen)


def _exit(groups: Sequence[Group]) -> Exit:
    bad = [probe for group in groups for probe in group.probes if probe.ok is False]
    if any(probe.name == IDENTITY for probe in bad):
        return Exit.DENIED
    if any(probe.name == UNFIT for probe in bad):
        return Exit.USAGE
    return Exit.ERROR if bad else Exit.OK


def _document(groups: Sequence[Group]) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "exit_code": int(_exit(groups)),
        **_counts(groups),
        "groups": [
            {
                "title": group.title,
                "probes": [
                    {
                        "name": probe.name,
                        "verdict": VERDICTS[probe.ok],
                        "detail": probe.detail,
                        "hints": list(probe.hints),
                    }
                    for probe in group.probes
                ],
            }
            for group in groups
        ],
    }


def _counts(groups: Sequence[Group]) -> Mapping[str, int]:
    found = [probe.ok for group in groups for probe in group.probes]
    return {
        "problems": found.count(False),
        "not_tried": found.count(None),
        "fine": found.count(True),
    }


def _lines(groups: Iterable[Group], seen: list[Group], *, color: bool) -> Iterator[str]:
    for group in groups:
        seen.append(group)
        yield f" {bold(visible(group.title), on=color)}"
        width = _width([probe.name for probe in group.probes])
        for probe in group.probes:
            yield from _probe_lines(probe, width, color=color)
    counts = _counts(seen)
    words = [f"{counts['problems']} problem{'s' * (counts['problems'] != 1)}"]
    words += [f"{counts['not_tried']} not tried"] * bool(counts["not_tried"])
    yield ""
    words.append(f"{counts['fine']} fine")
    yield f" {', '.join(words)}"


def _width(names: Sequence[str]) -> int:
    """Of the column of names: none takes more than half of the terminal from what it says."""
    columns = room()
    most = columns // 2 if columns else max(map(len, names), default=0)
    return max([NARROWEST, *(len(name) for name in names if len(name) <= most)])


def _probe_lines(probe: Probe, width: int, *, color: bool) -> Iterator[str]:
    warned = probe.ok is True and bool(probe.hints)
    symbol = "!" if warned else paint(SYMBOLS[probe.ok], STYLES[probe.ok], on=color)
    word = "asked" if probe.ok is None else "note" if warned else "fix"
    texts = [visible(text) for text in (probe.detail, *(f"{word}: {h}" for h in probe.hints))]
    columns = room()
    space = None if columns is None else max(NARROWEST, columns - width - 6)
    told = [line for text in texts for line in (wrap(text, space) if space else [text])] or [""]
    name, (first, *more) = visible(probe.name), told
    *above, name = _in_parts(name, columns - 4) if columns else [name]
    if columns and len(name) > width and len(name) + len(first) + 6 > columns:
        first, more = "", told
    for part in above:
        yield f"  {symbol} {part}"
        symbol = " "
    yield f"  {symbol} {name:<{width}}  {first}".rstrip()
    for line in more:
        yield f"    {'':<{width}}  {line}"


def _in_parts(name: str, space: int) -> list[str]:
    """A name that is longer than a line, in lines that end at a slash."""
    lines = [""]
    for part in re.split(r"(?<=/)", name):
        if lines[-1] and len(lines[-1] + part) > space:
            lines.append("")
        lines[-1] += part
    return lines


def _colored(common: Common) -> bool:
    return colored(sys.stdout, os.environ, common.color)
