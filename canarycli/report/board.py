"""Every release of the records as one page: what a manager sees who lives in no terminal."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from canarycli.report.page import html, title_of, told_in_html
from canarycli.report.story import Story
from canarycli.traffic import percent

Status = Mapping[str, Any]
"""What `canary status -o json` says of one release."""

SCRIPT = """\
const here = location.pathname.replace(/\\/$/, "");
const source = new EventSource(here + "/changes");
source.onopen = () => { document.documentElement.dataset.live = "yes"; };
source.onerror = () => { document.documentElement.dataset.live = "no"; };
source.onmessage = async () => {
  const answer = await fetch(location.href, {cache: "no-store"});
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(fresh.querySelector("main"));
  document.title = fresh.title;
};
"""
"""Fetches the page anew when the records have changed; without it the page stands still."""

HEADS = ("endpoint", "versions", "candidate has", "state", "checks", "driver", "started")


def board(still_open: Sequence[Status], over: Sequence[Status], *, nonce: str) -> str:
    """The page of all releases.

    Args:
        still_open: releases that go on.
        over: releases that ended, the youngest first.
        nonce: what lets the page's own script run, and no other.
    """
    return html("canary", _live("\n".join(_lists(still_open, over)), nonce))


def release_page(story: Story, *, nonce: str) -> str:
    """The page of one release; it is the report, and goes on as the release does."""
    commands = "" if story.release.over else "\n".join(_commands(story.release.id))
    body = f'<nav><a href="../../">all releases</a></nav>\n{told_in_html(story)}\n{commands}'
    return html(title_of(story), _live(body, nonce))


def _live(body: str, nonce: str) -> str:
    return f'<main>\n{body}\n</main>\n<script nonce="{nonce}">\n{SCRIPT}</script>'


def _commands(release: str) -> Iterator[str]:
    """What somebody may do; a page that can be opened by a link does none of it itself."""
    yield "<h2>In a terminal</h2>"
    for words in ("promote", "pause", "rollback"):
        yield f"<p><code>canary {words} {escape(release)}</code></p>"


def _lists(still_open: Sequence[Status], over: Sequence[Status]) -> Iterator[str]:
    yield f"<h1>{_counted(len(still_open))}</h1>"
    if still_open:
        yield from _table(still_open)
    if over:
        yield "<h2>Ended</h2>"
        yield from _table(over)


def _counted(number: int) -> str:
    return {0: "No release is open", 1: "One release is open"}.get(
        number, f"{number} releases are open"
    )


def _table(releases: Sequence[Status]) -> Iterator[str]:
    yield f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in HEADS)}</tr></thead><tbody>"
    yield from (_row(release) for release in releases)
    yield "</tbody></table>"


def _row(of: Status) -> str:
    alone = not of["outcome"] and not (of["driver"] and of["driver"]["alive"])
    link = f'<a href="r/{escape(of["release"])}/">{escape(of["endpoint"])}</a>'
    share = (of["traffic"] or {}).get(of["candidate"]["name"])
    cells = (
        link,
        escape(f"{of['baseline']['name']} → {of['candidate']['name']}"),
        percent(share) if share is not None else "",
        escape(str(of["outcome"] or of["state"]).replace("_", "-")),
        _verdict(of),
        "nobody" if alone else escape((of["driver"] or {}).get("id", "")),
        f'<time datetime="{escape(of["started_at"])}">{escape(_minute(of["started_at"]))}</time>',
    )
    kinds = {"checks": f" class={of['verdict']}" if of["verdict"] else ""}
    texts = "".join(
        f'<td data-head="{head}"{kinds.get(head, "")}>{cell}</td>'
        for head, cell in zip(HEADS, cells, strict=True)
    )
    return f"<tr{' class=unguarded' if alone else ''}>{texts}</tr>"


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _verdict(of: Status) -> str:
    if not of["verdict"]:
        return ""
    checks = of["checks"]
    passing = sum(check["verdict"] == "pass" for check in checks)
    return f"{passing} of {len(checks)} pass"
