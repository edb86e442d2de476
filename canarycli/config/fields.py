"""The words and quantities of canary.yaml as pydantic types, each with a sentence of ours."""

import re
from collections.abc import Callable
from datetime import timedelta
from math import inf
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from canarycli.config.problem import nearest
from canarycli.config.quantities import SPEED_PATTERN, parse_speed
from canarycli.durations import PATTERN, parse_duration
from canarycli.written import EMPTY, quoted, word


def wrong(sentence: str) -> PydanticCustomError:
    """An error whose text reaches the person as it is."""
    return PydanticCustomError("canary", "{sentence}", {"sentence": sentence})


SIZES = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}

MOST_LEEWAY = 1000
"""More than that many times a limit is no limit."""


def _no_gap(value: Any) -> None:
    if value is None:
        raise wrong(EMPTY)


def text_of(value: Any) -> str:
    """The word that was written, see `canarycli.written`."""
    try:
        return word(value)
    except ValueError as error:
        raise wrong(str(error)) from error


def _address(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise wrong('it is not an address, write a URL or "${NAME}" for a variable')


def _duration(value: Any) -> timedelta:
    _no_gap(value)
    if isinstance(value, dict | list):
        raise wrong(f"{quoted(value)} where a duration such as 15m is expected")
    try:
        return parse_duration(quoted(value).strip('"'))
    except ValueError as error:
        raise wrong(str(error)) from error


def _some_time(value: Any) -> timedelta:
    duration = _duration(value)
    if duration <= timedelta(0):
        raise wrong(f"{quoted(value)} is too short, it must be above 0s")
    return duration


def _percent(value: Any) -> float:
    _no_gap(value)
    text = str(value).strip().removesuffix("%")
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise wrong(f"{quoted(value)} is not a share, write a number above 0 and up to 100")
    if not 0 < float(text) <= 100:
        raise wrong(f"{quoted(value)} is not above 0 and up to 100")
    return float(text)


def _times(value: Any) -> float:
    try:
        number = _number(float(value.removesuffix("x")) if isinstance(value, str) else value)
    except ValueError:
        number = 0.0
    if not 1 <= number <= MOST_LEEWAY:
        raise wrong(f"{quoted(value)} is no number of times from 1 to 1000, write it such as 4x")
    return number


def _above_nothing(value: Any) -> float:
    _no_gap(value)
    number = _number(value)
    if not 0 < number < inf:
        raise wrong(f"{quoted(value)} is not above 0")
    return number


def _speed(value: Any) -> float:
    _no_gap(value)
    try:
        return parse_speed(value)
    except ValueError as error:
        raise wrong(str(error)) from error


def _number(value: Any) -> float:
    _no_gap(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise wrong(f"{quoted(value)} is not a number from 0 up")
    return float(value)


def number_by_arm(value: Any) -> float | dict[str, float]:
    """A number, or one for each version by name."""
    if isinstance(value, dict) and value:
        return {arm: _number(number) for arm, number in value.items()}
    return _number(value)


def _size(value: Any) -> int:
    text = str(value).strip().upper()
    for unit, times in SIZES.items():
        number = text.removesuffix(unit).strip()
        if text.endswith(unit) and number.isdigit() and int(number):
            return int(number) * times
    raise wrong(f"{quoted(value)} is not a size, write it such as 64MB")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(f"{quoted(value)} is neither true nor false")
    return value


def _whole(least: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        _no_gap(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(f"{quoted(value)} is not a whole number")
        if value < least:
            raise wrong(f"{quoted(value)} is too small, it is at least {least}")
        return value

    return check


def _one_of(*words: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value in words:
            return str(value)
        hint = nearest(value, words) if isinstance(value, str) else ""
        allowed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        raise wrong(f"{quoted(value)} is not {allowed}{hint}")

    return check


AZURE_CLOUDS = (
    *("public", "usgov", "china"),
    *("AzureCloud", "AzureUSGovernment", "AzureChinaCloud"),
)


def _azure_cloud(value: Any) -> str:
    text = text_of(value)
    if text.lower() not in {word.lower() for word in AZURE_CLOUDS}:
        raise wrong(f"{quoted(value)} is no cloud of Azure's: there are public, usgov and china")
    return text


def _format_version(value: Any) -> int:
    if value != 1 or isinstance(value, bool):
        raise wrong(f"{quoted(value)} is not known here, this canary reads version 1")
    return 1


def _environment(value: Any) -> str:
    kind, _, name = str(value).partition(":")
    if kind != "environment" or not name:
        raise wrong(f"{quoted(value)} is no environment of a CI, write environment:production")
    return str(value)


def _schema(kind: str | list[str], description: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "description": description, **more})


def _words(description: str, *words: str) -> tuple[BeforeValidator, WithJsonSchema]:
    return BeforeValidator(_one_of(*words)), WithJsonSchema(
        {"enum": list(words), "description": description}
    )


_DURATION = "a duration with its unit, such as 30s, 15m, 1h or 1h30m"
_TEXT = WithJsonSchema({"type": ["string", "integer"], "minLength": 1})

Text = Annotated[str, BeforeValidator(text_of), _TEXT]
MaybeText = Annotated[str | None, BeforeValidator(text_of), _TEXT]
Engine = Annotated[str, *_words("who calls for the looks at a release", "embedded", "temporal")]
MaybeAzureCloud = Annotated[
    str | None,
    BeforeValidator(_azure_cloud),
    _schema("string", ", ".join(AZURE_CLOUDS), minLength=1),
]
Address = Annotated[str, BeforeValidator(_address), _schema("string", "a URL or ${NAME}")]

Duration = Annotated[
    timedelta, BeforeValidator(_duration), _schema("string", _DURATION, pattern=PATTERN)
]
MaybeDuration = Annotated[
    timedelta | None, BeforeValidator(_duration), _schema("string", _DURATION, pattern=PATTERN)
]
SomeTime = Annotated[
    timedelta, BeforeValidator(_some_time), _schema("string", _DURATION, pattern=PATTERN)
]
MaybeSomeTime = Annotated[
    timedelta | None, BeforeValidator(_some_time), _schema("string", _DURATION, pattern=PATTERN)
]
Percent = Annotated[
    float,
    BeforeValidator(_percent),
    _schema(
        ["number", "string"],
        "the candidate's share of the traffic, above 0 and up to 100",
        exclusiveMinimum=0,
        maximum=100,
        pattern=r"^[0-9]+(\.[0-9]+)?%?$",
    ),
]
Leeway = Annotated[
    float,
    BeforeValidator(_times),
    _schema(
        ["string", "number"],
        "how many times its checks' no_worse_by is still enough to go on from this stage, "
        "such as 4x; not at the last one below 100%",
        pattern=r"^\d+(\.\d+)?x?$",
        minimum=1,
    ),
]
MaybeCap = Annotated[
    float | None,
    BeforeValidator(_above_nothing),
    _schema(
        "number",
        "for a mean of amounts: what no single amount exceeds, such as 200; its source cuts "
        "larger ones off",
        exclusiveMinimum=0,
    ),
]
MaybeNoise = Annotated[
    float | None,
    BeforeValidator(_percent),
    _schema(
        ["number", "string"],
        "by how much the error rates of two equal arms differ, such as 12%",
        exclusiveMinimum=0,
        maximum=100,
        pattern=r"^[0-9]+(\.[0-9]+)?%?$",
    ),
]
MaybeSpeed = Annotated[
    float | None,
    BeforeValidator(_speed),
    _schema(
        ["number", "string"],
        "how many times faster than the clock, such as 30x",
        exclusiveMinimum=0,
        pattern=SPEED_PATTERN,
    ),
]
Flag = Annotated[bool, BeforeValidator(_flag), _schema("boolean", "true or false")]
AtLeastOne = Annotated[int, BeforeValidator(_whole(1)), _schema("integer", "a count", minimum=1)]
ZeroOrMore = Annotated[int, BeforeValidator(_whole(0)), _schema("integer", "a count", minimum=0)]
MaybeSeconds = Annotated[
    float | None,
    BeforeValidator(lambda value: _duration(value).total_seconds()),
    _schema("string", _DURATION, pattern=PATTERN),
]
MaybeNumber = Annotated[
    float | None, BeforeValidator(_number), _schema("number", "a number", minimum=0)
]
MaybeSize = Annotated[
    int | None, BeforeValidator(_size), WithJsonSchema({"type": "string", "examples": ["64MB"]})
]
FormatVersion = Annotated[
    int,
    BeforeValidator(_format_version),
    WithJsonSchema({"const": 1, "description": "of this file's format"}),
]
FromEnvironment = Annotated[
    str,
    BeforeValidator(_environment),
    _schema("string", "a protected environment of the CI", pattern="^environment:.+$"),
]
Next = Annotated[str, *_words("what follows when the stage has passed", "go", "hold", "approve")]
ResumeOrRollback = Annotated[str, *_words("what a sweep does", "rollback", "resume")]
HoldOrRollback = Annotated[str, *_words("what follows", "rollback", "hold")]
GateOrWatch = Annotated[str, *_words("whether the check decides", "gate", "watch")]
StageOrEnd = Annotated[
    str,
    *_words("end: no stage waits for it, the probation after the last one does", "stage", "end"),
]
LowerOrHigher = Annotated[str, *_words("which direction is good", "lower", "higher")]
Event = Annotated[
    str,
    *_words(
        "what to tell of",
        "started",
        "held",
        "approved",
        "paused",
        "frozen",
        "overridden",
        "failed",
        "inconclusive",
        "no_metrics",
        "rolled_back",
        "probation",
        "promoted",
        "stopped",
        "unsafe",
    ),
]
