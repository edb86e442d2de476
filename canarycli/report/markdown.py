"""A release as Markdown, for a job's summary or a comment; the gauges survive in code font."""

from collections.abc import Iterator

from canarycli.harmless import in_markdown
from canarycli.release.rows import SIGNS
from canarycli.report import gauge, numbers
from canarycli.report.story import Row, Story
from canarycli.traffic import percent


def markdown(story: Story) -> str:
    """The whole text."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    release = story.release
    arms = f"{release.baseline} → {story.candidate}"
    yield f"### {story.symbol} {in_markdown(f'{release.endpoint} {arms} {story.headline}')}"
    if story.sentence:
        yield in_markdown(story.sentence)
    if story.checks:
        yield ""
        names = f"{in_markdown(release.baseline)} | {in_markdown(story.candidate)}"
        yield f"|   | check | {names} | difference | no change → limit | limit |"
        yield "|---|---|--:|--:|--:|---|--:|"
        yield from (_row(row) for row in story.checks)
    yield ""
    yield "<details><summary>Timeline, plan and how to repeat</summary>"
    yield ""
    for event in story.moments:
        yield f"- {event.at:%H:%M:%S} {in_markdown(event.message)}"
    stages = " → ".join(percent(stage.percent) for stage in release.plan.stages)
    yield ""
    yield (
        f"Plan {in_markdown(release.plan.name)}: {stages}. Release {release.id}, "
        f"started by {in_markdown(release.started_by)}."
    )
    yield ""
    if story.pages:
        yield " · ".join(f"[{word}](<{address}>)" for word, address in story.pages.items())
        yield ""
    yield f"`canary report {release.id}` writes the whole of it."
    yield ""
    yield "</details>"


def _row(row: Row) -> str:
    difference = numbers.change(row["diff"], row)
    cells = (
        SIGNS[row["verdict"]],
        in_markdown(row["name"]),
        numbers.value(row["baseline"], row["unit"]),
        numbers.value(row["candidate"], row["unit"]),
        f"**{difference}**" if row["verdict"] == "fail" and row["diff"] is not None else difference,
        f"`{drawing}`" if (drawing := gauge.drawn(gauge.Gauge.of(row))) else "",
        numbers.limit(row),
    )
    return f"| {' | '.join(cells)} |"
