"""Says where the figures come from that the endpoint's own cloud did not count."""

from collections.abc import Iterator
from datetime import timedelta
from html import escape

from canarycli.report.numbers import NOTHING
from canarycli.report.story import Row, Story
from canarycli.traffic import percent


def told_sources(story: Story) -> Iterator[str]:
    """The checks that were judged on answers, labels or a source; nothing where there are none."""
    rows = [row for row in story.checks if row.get("source")]
    if not rows:
        return
    heads = ("check", "source", story.release.baseline, story.candidate, "read", "newest, UTC")
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
    yield "<small>How many of each arm were judged; answers with a label, where labels are.</small>"


def _cells(story: Story, row: Row) -> tuple[str, ...]:
    return (
        row["name"],
        row["source"],
        _count(row["n_baseline"]),
        _count(row["n_candidate"]),
        NOTHING if row.get("sampled") is None else percent(100 * row["sampled"]),
        _newest(story, row["age_seconds"]),
    )


def _count(number: float | None) -> str:
    return NOTHING if number is None else f"{number:,.0f}"


def _newest(story: Story, age: float | None) -> str:
    """Until when the figures reach: with labels, until when they have matured."""
    if age is None:
        return NOTHING
    return f"{story.readings[-1].at - timedelta(seconds=age):%m-%d %H:%M}"
