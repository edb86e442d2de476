"""The text of an answer and its tokens are found in the forms that language models answer in."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canarycli.answers import Pace, Paths, Said, counted, read, told
from canarycli.metrics import Metric, Value, Window
from canarycli.recorder import Answer

JSON = "application/json"
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def chat(text: str | None, tokens: int = 7) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


BLOCKS = [{"type": "text", "text": "four"}, {"type": "tool_use", "id": "t"}, {"text": "five!"}]

FORMS: dict[str, tuple[Any, float | None, float | None]] = {
    "chat completion": (chat("seventeen letters"), 17, 7),
    "completion": ({"choices": [{"text": "four"}], "usage": {"completion_tokens": 2}}, 4, 2),
    "only a total": ({"choices": [{"text": "four"}], "usage": {"total_tokens": 9}}, 4, 9),
    "parts": ({"choices": [{"message": {"content": BLOCKS}}]}, 9, None),
    "tgi": ([{"generated_text": "four", "details": {"generated_tokens": 3}}], 4, 3),
    "messages": ({"content": BLOCKS, "usage": {"input_tokens": 1, "output_tokens": 5}}, 9, 5),
    "converse": (
        {
            "output": {"message": {"content": BLOCKS}},
            "usage": {"outputTokens": 6, "totalTokens": 9},
        },
        9,
        6,
    ),
    "gemini": (
        {
            "candidates": [{"content": {"parts": [{"text": "four"}]}}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1},
        },
        4,
        1,
    ),
    "titan": ({"results": [{"outputText": "four", "tokenCount": 2}]}, 4, 2),
    "llama": ({"generation": "four", "generation_token_count": 1}, 4, 1),
    "mistral": ({"outputs": [{"text": "four"}]}, 4, None),
    "a string": (["four"], 4, None),
    "a tool is called": (chat(None), None, 7),
    "no text at all": (
        {"label": "ok", "content": {"a": 1}, "usage": {"total_tokens": True}},
        None,
        None,
    ),
}


@pytest.mark.parametrize(("body", "length", "tokens"), FORMS.values(), ids=FORMS.keys())
def test_a_form_is_known(body: Any, length: float | None, tokens: float | None) -> None:
    (said,) = read(json.dumps(body).encode(), JSON, Paths())

    assert (said.length, said.tokens, said.valid) == (length, tokens, True)


def test_plain_text_is_its_own_text_and_another_kind_is_no_answer() -> None:
    assert list(read(b"not json", "text/plain", Paths())) == [Said(length=8)]
    assert list(read(b"not json", JSON, Paths())) == [Said(valid=False)]


def test_a_text_with_nothing_in_it_is_an_empty_answer() -> None:
    (said,) = read(json.dumps(chat(" \n", 0)).encode(), JSON, Paths())

    assert (said.empty, said.valid, said.length, said.tokens) == (True, False, 2, 0)


def test_where_text_and_tokens_are_can_be_said_and_then_they_have_to_be_there() -> None:
    paths = Paths.of({"text": "reply.words", "tokens": "cost"})
    body = b'[{"reply": {"words": "four"}, "cost": 3}, {"generated_text": "four", "cost": 3}]'

    found = list(read(body, JSON, paths))

    assert found == [Said(length=4, tokens=3), Said(valid=False, tokens=3)]
    assert list(read(b"7,four", "text/csv", Paths.of({"text": 1, "tokens": 0}))) == [
        Said(length=4, tokens=7)
    ]


@pytest.mark.parametrize(
    ("metric", "points"),
    [
        (Metric("answer_tokens"), (Value(START, 340.0, 3),)),
        (Metric("answer_tokens", about="100"), (Value(START, 40.0, 3),)),
        (Metric("answer_length"), (Value(START, 4.0, 2), Value(START + 2 * MINUTE, 0.0, 1))),
    ],
    ids=["mean", "capped", "of those with a text"],
)
def test_a_period_has_the_mean_of_its_answers_each_cut_at_the_cap(
    metric: Metric, points: tuple[Value, ...]
) -> None:
    bodies = [(0, chat("four", 10)), (1, chat("four", 1000)), (2, chat(None, 10))]
    bodies += [(60, {"label": "no model of language"}), (120, {"generated_text": ""})]
    answers = [
        Answer("v", START + timedelta(seconds=at), str(at), json.dumps(body).encode(), JSON)
        for at, body in bodies
    ]
    window = Window(START, START + 3 * MINUTE)
    found = counted(
        told(answers, Paths(), window, period=MINUTE, versions=["v"]),
        Paths(),
        [metric],
        pace=Pace(MINUTE, MINUTE),
        versions=["v"],
    )

    assert found["v"][metric.key].points == points
