"""Whatever stands in a document, it is a record or a refusal."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canarycli.codec import from_json, to_json
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.judge import Finding, Verdict
from canarycli.plain import plain
from canarycli.release.record import Cause, Pause, Release
from canarycli.release.rows import extra_failures, failed_requests, row, served
from canarycli.report import WRITERS, report_document, told
from canarycli.store import Lease, Record
from canarycli.store.document import decode, decode_event, encode, encode_event
from canarycli.testing.stores import NOW, a_release

A_RECORD = Record(
    a_release(pause=Pause(Cause.PERSON, "ann", "lunch", NOW), failing={"errors": 2}, reached=5.0)
).leased("ann@laptop/1", NOW)


def test_a_release_survives_json() -> None:
    release = a_release()
    assert from_json(Release, json.loads(json.dumps(to_json(release)))) == release


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Release"):
        from_json(Release, {"id": "r-1"})


def test_unknown_keys_of_a_newer_minor_version_are_left_out() -> None:
    document = {**to_json(a_release()), "added_later": 1}
    assert from_json(Release, document) == a_release()


WHOLE = [
    "[1]",
    "null",
    '"text"',
    "{",
    "",
    "{}",
    '{"schema": "2"}',
    '{"schema": null}',
    '{"schema": 1}',
    '{"schema": 1, "release": []}',
    "[" * 100_000,
    '{"schema": 1, "release": ' + "[" * 50_000 + "]" * 50_000 + "}",
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_a_document_that_is_no_record_is_refused(text: str | bytes) -> None:
    with pytest.raises(StoreError):
        decode(text, 1)
    with pytest.raises(StoreError):
        decode_event(text)


CHANGES: dict[str, dict[str, Any]] = {
    "a state of a newer canary": {"state": "a_newer_word"},
    "a date in words": {"started_at": "yesterday"},
    "a date without a zone": {"started_at": "2026-11-24T03:12:00"},
    "a date as a number": {"started_at": 5},
    "no stages": {"plan": {"stages": []}},
    "a stage too far": {"stage": 2},
    "a stage before the first": {"stage": -1},
    "no baseline": {"baseline": None},
    "an empty baseline": {"baseline": ""},
    "a number for a name": {"candidate": 5},
    "text for a number": {"target": "5"},
    "yes for a number": {"target": True},
    "a list for a mapping": {"failing": [["errors", 2]]},
    "text for a list": {"findings": "none"},
    "a share above all": {"target": 101.0},
    "no number": {"target": float("nan")},
    "an endless bake": {"plan": {"stages": [{"percent": 5, "bake": 1e300}]}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_release_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    document = json.loads(encode(A_RECORD))
    document["release"] |= change

    with pytest.raises(StoreError, match="makes no sense"):
        decode(json.dumps(document), 1)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        inner = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))]


def inside(document: Any, path: tuple[Any, ...]) -> Any:
    """What stands in that place."""
    return reduce(lambda value, key: value[key], path, document)


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    inside(document, path[:-1])[path[-1]] = value


PLACES = places(json.loads(encode(A_RECORD)))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.none(), max_size=2),
)


@settings(deadline=None)
@given(place=st.sampled_from(PLACES), odd=ODD)
def test_whatever_stands_in_any_place_it_is_a_record_or_a_refusal(
    place: tuple[Any, ...], odd: Any
) -> None:
    document: Any = {"": json.loads(encode(A_RECORD))}
    at = document
    *above, last = ("", *place)
    for key in above:
        at = at[key]
    at[last] = odd
    try:
        record = decode(json.dumps(document[""]), 1)
    except StoreError:
        return
    # What was read can be written, and means the same.
    assert record.newer or decode(encode(record), 1) == record
    assert record.release.stage_in_force in record.release.plan.stages
    assert record.release.wanted.of(record.release.candidate) == record.release.target


FOUND = Finding(
    "errors",
    Verdict.FAIL,
    "errors 1.00% -> 2.00%",
    baseline=0.01,
    candidate=0.02,
    diff=0.01,
    low=0.005,
    high=0.015,
    limit=0.005,
    n_baseline=6000.0,
    n_candidate=300.0,
    age=timedelta(seconds=90),
    delay=timedelta(seconds=5),
    more_requests=200.0,
    sampled=0.5,
    labelled={"baseline": 0.5},
)
JUDGED = Record(
    a_release(
        findings=(FOUND,),
        failing={"errors": 2},
        judge={"errors": {"facts": {"n": 5.0, "rows": [[1.0, 2]]}}},
        reached=5.0,
    ),
    Lease("ann@laptop/1", NOW, NOW),
)
JUDGED_JSON = json.loads(encode(JUDGED))
FIGURES = [
    path
    for path in places(JUDGED_JSON)
    if type(inside(JUDGED_JSON, path)) in {int, float} and path != ("schema",)  # a newer canary's
]
NO_FIGURES = ["1e999", "-1e999", "NaN", "Infinity", "1e308", "-1e308", "1" + "0" * 400]
ODD_FIGURES = [*NO_FIGURES, "-0.0", "5e-324", "true", '"1"', "[1]", '{"n": 1}', "null"]


@pytest.mark.parametrize("odd", ODD_FIGURES, ids=lambda odd: odd[:12])
def test_no_figure_in_any_place_of_a_record_spoils_who_reads_it(odd: str) -> None:
    assert len(FIGURES) > 25
    for path in FIGURES:
        spoilt = json.loads(encode(JUDGED))
        put(spoilt, path, "odd figure")
        text = json.dumps(spoilt).replace('"odd figure"', odd)
        try:
            release = decode(text, 1).release
        except StoreError:
            continue
        assert odd not in NO_FIGURES, path
        event = Event("ended", NOW, "rolled back", fields={"checks": [row(FOUND)]})
        story = told(release, [event], NOW + timedelta(hours=1))
        document: Any = plain(report_document(story, {}))
        for write in WRITERS.values():
            assert write(story, document)
        json.dumps(plain([row(finding) for finding in release.findings]), allow_nan=False)
        assert failed_requests(extra_failures(release.findings, release.plan.checks))
        assert served(release.findings) >= 0
        json.dumps(json.loads(encode(Record(release, None, 1))), allow_nan=False)


@pytest.mark.parametrize("odd", NO_FIGURES, ids=lambda odd: odd[:12])
def test_no_event_has_a_figure_that_nobody_can_compute_with(odd: str) -> None:
    line = json.dumps({**to_json(Event("read", NOW, "5 of 5")), "fields": {"extra": [{"n": "x"}]}})

    with pytest.raises(StoreError, match="makes no sense"):
        decode_event(line.replace('"x"', odd))


def test_a_figure_that_would_not_be_read_is_not_written() -> None:
    spoilt = replace(FOUND, diff=float("inf"), low=float("nan"), high=1e300)
    record = Record(a_release(findings=(spoilt,)), None)

    (read,) = decode(encode(record), 1).release.findings

    assert (read.diff, read.low, read.high) == (None, None, None)


def test_an_event_survives() -> None:
    event = Event("read", NOW, "5 of 5", fields={"took": 5, "after": timedelta(seconds=3)})
    assert decode_event(encode_event(event)) == event
