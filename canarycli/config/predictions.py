"""The `predictions:` of an endpoint: where in its answers their class and score are."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from canarycli.config.fields import (
    MaybeDuration,
    MaybeNumber,
    MaybeSize,
    MaybeSomeTime,
    MaybeText,
    wrong,
)


def _path(value: Any) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise wrong("write a JMESPath, such as label, or a column of CSV from 0")
    return value


def _part(value: Any) -> float:
    text = str(value).strip()
    try:
        part = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise wrong(f'"{value}" is not a part, write it such as 10%') from error
    if not 0 < part <= 1:
        raise wrong(f'"{value}" is not a part of all answers, write it such as 10%')
    return part


Where = Annotated[
    str | int | None,
    BeforeValidator(_path),
    WithJsonSchema({"type": ["string", "integer"], "minimum": 0}),
]


class PredictionsModel(BaseModel):
    """How recorded answers are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    each: MaybeText = Field(None, description="JMESPath of the list of answers in one body")
    label: Where = Field(None, alias="class", description="JMESPath or CSV column of the class")
    score: Where = Field(None, description="JMESPath or CSV column of the score")
    positive: MaybeText = Field(None, description="the class of answers with a score over `over`")
    over: MaybeNumber = Field(None, description="the threshold of the positive class, 0.5")
    key: Where = Field(None, description="the same of what its label calls it; else the record's")
    text: Where = Field(None, description="the same of its text; else where models have it")
    tokens: Where = Field(None, description="the same of the tokens it took; likewise")
    sample: Annotated[
        float | None, BeforeValidator(_part), WithJsonSchema({"type": ["string", "number"]})
    ] = Field(None, description="the part of what is kept that is read, 100%")
    at_most: MaybeSize = Field(None, description="what one look may read, 64MB")
    period: MaybeSomeTime = Field(None, description="the time one point covers, 1m")
    delay: MaybeDuration = Field(None, description="how late an answer can be read, 10m")
