"""Whatever stands in a document, it is a record or a refusal."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canarycli.codec import from_json, to_json
from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.release.record import Cause, Pause, Release
from canarycli.store import Record
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


def test_an_event_survives() -> None:
    event = Event("read", NOW, "5 of 5", fields={"took": 5, "after": timedelta(seconds=3)})
    assert decode_event(encode_event(event)) == event
