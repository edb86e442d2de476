"""Says where figures come from that the endpoint's own cloud did not count, and how it asked."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape

from canarycli.report.numbers import NOTHING, limit, value
from canarycli.report.story import Row, Story
from canarycli.traffic import percent


def told_sources(story: Story) -> Iterator[str]:
    """The checks that were judged on answers, labels or a source; nothing where there are none."""
    rows = [row for row in story.checks if row.get("source")]
    if not rows:
        return
    arms = (story.release.baseline, story.candidate)
    heads = ("check", "source", *arms, "limit", "read", "labelled", "newest, UTC")
    yield "<h2>Answers and sources</h2>"
    cells = (f"<th{' class=n' * (n > 1)}>{escape(head)}</th>" for n, head in enumerate(heads))
    yield f"<table><thead><tr>{''.join(cells)}</tr></thead><tbody>"
    for row in rows:
        first, second, *numbers = _cells(story, row)
        middle = "".join(
            f'<td class="n" data-head="{escape(head)}">{escape(text)}</td>'
            for head, text in zip(heads[2:], numbers, strict=True)
        )
        yield f"<tr><td>{escape(first)}</td><td>{escape(second)}</td>{middle}</tr>"
    yield "</tbody></table>"
    yield "<small>Each arm's value and of how many; labelled: of the newest answers judged.</small>"
    yield from _asked(story, rows)


def _cells(story: Story, row: Row) -> tuple[str, ...]:
    return (
        row["name"],
        row["source"],
        _of(row, "baseline"),
        _of(row, "candidate"),
        limit(row),
        NOTHING if row.get("sampled") is None else percent(100 * row["sampled"]),
        _labelled(row),
        _newest(story, row["age_seconds"]),
    )


def _of(row: Row, arm: str) -> str:
    number = row[f"n_{arm}"]
    shown = value(row[arm], row["unit"])
    return shown if number is None else f"{shown} of {number:,.0f}"


def _labelled(row: Row) -> str:
    """Of each arm's answers, one number where both are labelled alike."""
    known = row.get("labelled") or {}
    parts = [percent(round(100 * known[arm])) for arm in ("baseline", "candidate") if arm in known]
    return ", ".join(dict.fromkeys(parts)) or NOTHING


def _newest(story: Story, age: float | None) -> str:
    """Until when the figures reach: with labels, until when they have matured."""
    if age is None:
        return NOTHING
    return f"{story.readings[-1].at - timedelta(seconds=age):%m-%d %H:%M}"


def _asked(story: Story, rows: list[Row]) -> Iterator[str]:
    """Each question as it was sent, for whoever doubts its answer."""
    queries = {finding.check: finding.query for finding in story.release.findings}
    for row in rows:
        told = [*_thresholds(story, row["name"]), queries.get(row["name"], "")]
        text = "\n".join(filter(None, told))
        if text:
            head = f"How {row['name']} was asked"
            yield f"<details><summary>{escape(head)}</summary><pre>{escape(text)}</pre></details>"


def _thresholds(story: Story, name: str) -> Iterator[str]:
    """What scores are compared above, as it was frozen from the baseline's past."""
    facts = story.release.judge.get(name, {}).get("facts", {})
    cuts, bounds = facts.get("cuts", ()), facts.get("bounds", ())
    if cuts:
        yield f"shares above {', '.join(f'{bounds[cut]:g}' for cut in cuts)}"
