"""Words and figures of strangers in every place of a release leave each report sound."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from unit.report.test_report import JOURNAL, ROLLED_BACK, document, errors, read, row, story

from canarycli.journal import Event
from canarycli.plain import plain
from canarycli.report import Story, junit, markdown, page

WORDS = {
    "markup": "<img src=x onerror=alert(1)></title><script>alert(1)</script>]]>",
    "commands": "##vso[task.prependpath]evil\n::error file=a.py::owned\n\xa0::set-output name=a::b",
    "commands with signs between": "#\u200b#vso[task.complete]x #\xad#[error]y \u2003::error::z",
    "escapes": "\x1b[31mR\x1b]52;c;aGk=\x07\x9b5m",
    "turned round": "\u202eabc\u2066\u200f",
    "not in XML": "a\x01\x0b\ufffe\uffff\ud800\udfff",
    "mentions": "@octocat #1 [x](http://evil.example) ![i](http://evil.example/x.png)",
    "unseen": "fraud\U000e0041\u200b\u3164",
}
ODD = {"huge": 1e308, "tiny": 5e-324, "nothing": float("nan"), "endless": float("inf")}
COMMAND = re.compile(r"(?mi)##vso\[|##\[|^\s*::[\w-]+[ :]")
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]")


class Tags(HTMLParser):
    """Which tags and handlers a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs if name.startswith("on"))}


def tags(text: str) -> set[str]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def spoilt(word: str) -> Story:
    """The usual release, with a word of a stranger wherever there is a text."""
    release = replace(
        ROLLED_BACK,
        endpoint=f"fraud {word}",
        baseline=f"v41 {word}",
        candidate=f"v42 {word}",
        place=word,
        started_by=word,
        note=word,
        ref=word,
        why=word,
    )
    said = row(f"errors {word}", "fail", message=word, baseline=0.1, candidate=0.2, limit=0.1)
    events = [replace(event, message=f"{event.message} {word}") for event in JOURNAL]
    return story(release, [*events, read(30, 1, "fail", said), Event("note", events[-1].at, word)])


def readers(of: Story) -> dict[str, str]:
    return {
        "html": page(of, document(of)),
        "markdown": markdown(of),
        "junit": junit(of),
        "json": json.dumps(plain(document(of)), allow_nan=False),
    }


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS.keys())
def test_no_report_has_a_word_that_somebody_obeys(word: str) -> None:
    reports = readers(spoilt(word))

    for name in ("html", "markdown", "junit"):
        assert not OBEYED.search(reports[name]), name
    assert not COMMAND.search(reports["markdown"])  # a file that GitHub and Azure read
    ET.fromstring(reports["junit"])
    assert tags(reports["html"]) <= tags(readers(story())["html"])
    live = ("<img", "@octocat", "](http", "![i]", "<script")
    assert not [one for one in live if one in reports["markdown"]]


@pytest.mark.parametrize("number", ODD.values(), ids=ODD.keys())
def test_no_figure_spoils_a_report(number: float) -> None:
    figures: dict[str, Any] = errors("fail", 0.2)
    figures |= dict.fromkeys(("baseline", "candidate", "diff", "low", "high", "limit"), number)
    of = story(ROLLED_BACK, [read(10, 0, "fail", figures)])

    reports = readers(of)

    ET.fromstring(reports["junit"])
    assert "NaN" not in reports["json"]
    data = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', reports["html"], re.DOTALL
    )
    assert data is not None
    json.loads(data[1], parse_constant=pytest.fail)
