"""What is read from outside, each as a function of a seed: it ends well, or in an error of ours."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from servers.mutation import mutated

from canarycli.config import endpoint_settings, lint
from canarycli.errors import CanaryError
from canarycli.journal import Event
from canarycli.operations.target import full_name_of
from canarycli.series import judge_document
from canarycli.series.document import parse
from canarycli.store import Record
from canarycli.store.document import decode, decode_event, encode, encode_event
from canarycli.testing.stores import a_release

EXAMPLE = Path(__file__).parents[1] / "unit" / "config" / "example.yaml"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SERIES = {
    "schema": "canary.series/1",
    "config": {"warm_up": 1},
    "metrics": [
        {
            "name": "errors",
            "form": "counts",
            "no_worse_by": 0.01,
            "history": [[6000, 12]] * 3,
            "minutes": [[300, 1, 5700, 11]] * 5,
        },
        {"name": "kpi", "form": "values", "minutes": [[0.7, 3000, 0.8, 57000]] * 5},
    ],
}


def config(seed: int) -> None:
    """canary.yaml, by lint and by the reader of the rollback path."""
    text = EXAMPLE.read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    if seed % 3:
        text = mutated(json.dumps(data, default=str).encode(), seed).decode(errors="replace")
    else:  # the text itself, one character in another place
        at = seed * 7919 % len(text)
        text = text[:at] + text[(at * 31) % len(text)] + text[at + 1 + seed % 5 :]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "canary.yaml"
        file.write_text(text, encoding="utf-8")
        problems = lint(file, cwd=Path(folder))
        assert all(str(problem) for problem in problems)
        endpoint_settings(file, cwd=Path(folder), env={})


def series(seed: int) -> None:
    """Recorded series, read and judged."""
    text = mutated(json.dumps(SERIES).encode(), seed).decode(errors="replace")
    with suppress(CanaryError):
        judge_document(parse(text))


def record(seed: int) -> None:
    """The record of a release; one that is read can be written again."""
    text = mutated(encode(Record(a_release())).encode(), seed).decode(errors="replace")
    with suppress(CanaryError):
        encode(decode(text, 1))


def journal(seed: int) -> None:
    """A line of a journal."""
    event = Event("shift_confirmed", NOON, "v42 5%", fields={"from": 0, "to": 5.0})
    text = mutated(encode_event(event).encode(), seed).decode(errors="replace")
    with suppress(CanaryError):
        encode_event(decode_event(text))


def name(seed: int) -> None:
    """A name that a person or an alarm gives."""
    known: Any = ["arn:aws:sagemaker:us-east-1:1:endpoint/a", "projects/p/locations/l/endpoints/1"]
    text = mutated(json.dumps(known).encode(), seed).decode(errors="replace")
    full_name_of(text)


DOCUMENTS: Mapping[str, Callable[[int], None]] = {
    "canary.yaml": config,
    "canary.series/1": series,
    "record": record,
    "journal": journal,
    "name": name,
}
