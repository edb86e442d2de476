"""A release as one HTML file: no network, no script, light and dark, and it prints."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from canarycli.codec import to_json
from canarycli.harmless import harmless_json, visible
from canarycli.release.decide.sentences import span
from canarycli.release.rows import SIGNS
from canarycli.report import again, answers, charts, numbers
from canarycli.report.story import Row, Story
from canarycli.traffic import percent

PAGES = {"console": "Console", "logs": "Logs", "run": "CI run"}
"""What the links of a release are called."""

WORDS = {"pass": "pass", "fail": "fail", "inconclusive": "can't tell", "no_data": "no data"}


def page(story: Story, document: Mapping[str, Any]) -> str:
    """The file's text.

    Args:
        story: what happened.
        document: the same as JSON values, kept inside so that the page is a data file too.
    """
    data = f'<script type="application/json" id="canary-report">{_inert(_drawn(document))}</script>'
    return html(title_of(story), f"{told_in_html(story)}\n{data}")


def title_of(story: Story) -> str:
    """What a browser's tab says."""
    return f"{_arms(story)}: {story.headline}"


def told_in_html(story: Story) -> str:
    """The release as the inside of a page."""
    return "\n".join(_body(story, escape(_arms(story))))


def _arms(story: Story) -> str:
    return f"{story.release.endpoint} {story.release.baseline} → {story.candidate}"


def html(title: str, body: str) -> str:
    """A whole page around a body, with the one style of all pages."""
    style = files("canarycli.report").joinpath("page.css").read_text(encoding="utf-8")
    return visible(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(story: Story, title: str) -> Iterator[str]:
    release = story.release
    yield f"<header><h1>{title}</h1>"
    yield f'<p class="facts">{escape(_facts(story))}</p>'
    if story.pages:
        yield f'<p class="facts pages">{" · ".join(_links(story))}</p>'
    yield "</header>"
    kind = (release.outcome or release.state).value
    said = f"{story.symbol} {story.headline[:1].upper()}{story.headline[1:]}"
    yield f'<section class="outcome {kind}"><strong>{escape(said)}</strong>'
    yield f"<div>{escape(story.sentence)}</div></section>"
    yield '<dl class="numbers">'
    yield from (f"<div><dt>{t}</dt><dd>{escape(n)}</dd></div>" for t, n in _figures(story))
    yield "</dl>"
    yield f"<h2>Traffic on {escape(story.candidate)}</h2>"
    yield f"<figure>{charts.traffic_svg(story)}</figure>"
    if story.checks:
        yield "<h2>Checks at the decision</h2>"
        yield from _table(story)
        yield from answers.told_sources(story)
        yield '<h2>Over time</h2><div class="charts">'
        for row in story.checks:
            if chart := charts.check_svg(story, row["name"]):
                yield f"<figure><figcaption>{escape(row['name'])}</figcaption>{chart}</figure>"
        yield "</div>"
        yield "<small>Grey: baseline. Teal: candidate, with its interval. Red: the limit.</small>"
    yield '<h2>What happened</h2><ol class="timeline">'
    for event in story.moments:
        time = f'<time datetime="{event.at.isoformat()}">{event.at:%H:%M:%S}</time>'
        yield f'<li class="{escape(event.level)}">{time}{escape(event.message)}</li>'
    yield "</ol>"
    yield from _again(story)


def _facts(story: Story) -> str:
    release = story.release
    until = "%H:%M" if story.end.date() == release.started_at.date() else "%Y-%m-%d %H:%M"
    return (
        f"{release.id} · {release.provider} {release.place} · "
        f"{release.started_at:%Y-%m-%d %H:%M} to {story.end:{until}} UTC · "
        f"plan {release.plan.name} · {release.started_by}"
        + (f" · {release.note}" if release.note else "")
    )


def _links(story: Story) -> Iterator[str]:
    """Where to look further; in print the address is behind its word."""
    for word, address in story.pages.items():
        name = PAGES.get(word, word)
        yield f'<a href="{escape(address)}" rel="noreferrer">{escape(name)}</a>'


def _figures(story: Story) -> Iterator[tuple[str, str]]:
    release = story.release
    yield "from start to end" if release.over else "so far", span(story.took)
    yield f"requests on {escape(story.candidate)}", f"{release.served:,.0f}"
    yield "extra failed requests", f"≈ {release.extra:,.0f}"
    bad = next((reading.at for reading in story.readings if reading.verdict == "fail"), None)
    safe = next((at for at, share in story.shares if bad and at > bad and share == 0), None)
    if bad is not None and safe is not None:
        yield "first bad read to safe", span(safe - bad)
    else:
        yield "reached", percent(release.reached)


def _table(story: Story) -> Iterator[str]:
    heads = ("", "check", story.release.baseline, story.candidate, "difference", "", "limit")
    plain = {1, 5}
    cells = (
        f"<th{'' if n in plain else ' class=n'}>{escape(head)}</th>" for n, head in enumerate(heads)
    )
    yield f"<table><thead><tr>{''.join(cells)}</tr></thead><tbody>"
    yield from (_row(story, row) for row in story.checks)
    yield "</tbody></table>"


def _row(story: Story, row: Row) -> str:
    verdict = row["verdict"]
    texts = {
        story.release.baseline: numbers.value(row["baseline"], row["unit"]),
        story.candidate: numbers.value(row["candidate"], row["unit"]),
        "difference": numbers.change(row["diff"], row),
    }
    middle = "".join(_number(head, text) for head, text in texts.items())
    return (
        f'<tr title="{escape(row["message"])}"><td class="{verdict}">'
        f"{SIGNS[verdict]} {WORDS[verdict]}</td><td>{escape(row['name'])}</td>"
        f'{middle}<td class="gauge">{charts.gauge_svg(row)}</td>'
        f"{_number('limit', numbers.limit(row))}</tr>"
    )


def _number(head: str, text: str) -> str:
    """A cell that carries its head, for screens too narrow for a table."""
    return f'<td class="n" data-head="{escape(head)}">{escape(text)}</td>'


def _again(story: Story) -> Iterator[str]:
    release = story.release
    stages = ", ".join(f"{percent(s.percent)} for {span(s.bake)}" for s in release.plan.stages[:-1])
    last = percent(release.plan.stages[-1].percent)
    yield "<h2>How to repeat it</h2>"
    yield f"<p>Stages as run: {escape(f'{stages}, then {last}' if stages else last)}.</p>"
    yield f"<p>Plan {escape(release.plan.name)}, fingerprint <code>{fingerprint(story)}</code>.</p>"
    yield f"<p><code>{escape(shlex.join(again.command(release)))}</code></p>"


def fingerprint(story: Story) -> str:
    """The same for two releases by the same stages, checks and policies, whatever the file's name.

    The first twelve digits of the SHA-256 of the plan as it is recorded.
    """
    plan = to_json(replace(story.release.plan, name=""))
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


def _drawn(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the readings that the charts draw: a page does not grow with its age."""
    return {**document, "readings": charts.thinned(document["readings"])}


def _inert(document: Mapping[str, Any]) -> str:
    """JSON that can't end the element it stands in."""
    return harmless_json(json.dumps(document, ensure_ascii=False)).replace("<", "\\u003c")
