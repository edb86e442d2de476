"""A release as Markdown, for a job's summary or a comment; the gauges survive in code font."""

from collections.abc import Iterator

from canarycli.release.reading import SIGNS
from canarycli.report import gauge, numbers
from canarycli.report.story import Row, Story
from canarycli.traffic import percent


def markdown(story: Story) -> str:
    """The whole text."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    release = story.release
    arms = f"{release.baseline} → {story.candidate}"
    yield f"### {story.symbol} {release.endpoint} {arms} {story.headline}"
    if story.sentence:
        yield safe(story.sentence)
    if story.checks:
        yield ""
        names = f"{safe(release.baseline)} | {safe(story.candidate)}"
        yield f"|   | check | {names} | difference | no change → limit | limit |"
        yield "|---|---|--:|--:|--:|---|--:|"
        yield from (_row(row) for row in story.checks)
    yield ""
    yield "<details><summary>Timeline, plan and how to repeat</summary>"
    yield ""
    for event in story.moments:
        yield f"- {event.at:%H:%M:%S} {safe(event.message)}"
    stages = " → ".join(percent(stage.percent) for stage in release.plan.stages)
    yield ""
    yield (
        f"Plan {safe(release.plan.name)}: {stages}. Release {release.id}, "
        f"started by {safe(release.started_by)}."
    )
    yield ""
    yield f"`canary report {release.id}` writes the whole of it."
    yield ""
    yield "</details>"


def safe(text: str) -> str:
    """A text that can't end a table's cell, nor be taken for HTML."""
    for sign, instead in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(sign, instead)
    return text


def _row(row: Row) -> str:
    difference = numbers.change(row["diff"], row)
    cells = (
        SIGNS[row["verdict"]],
        safe(row["name"]),
        numbers.value(row["baseline"], row["unit"]),
        numbers.value(row["candidate"], row["unit"]),
        f"**{difference}**" if row["verdict"] == "fail" and row["diff"] is not None else difference,
        f"`{drawing}`" if (drawing := gauge.drawn(gauge.Gauge.of(row))) else "",
        numbers.limit(row),
    )
    return f"| {' | '.join(cells)} |"
