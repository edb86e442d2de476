"""The `labels:` of an endpoint: where it is known later what its answers should have been."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from canarycli.config.fields import MaybeText, Text, wrong
from canarycli.config.problem import nearest
from canarycli.durations import PATTERN, parse_duration
from canarycli.labels import LONGEST
from canarycli.metrics import Origin

FROM, FILES, MATURE = "from", "files", "mature_after"

Wrong = tuple[tuple[str | int, ...], str]
"""Where in a part of the file something is wrong, and the sentence."""


def _mature(value: Any) -> timedelta:
    try:
        length = parse_duration(str(value))
    except ValueError as error:
        raise wrong(str(error)) from error
    if length > LONGEST:
        raise wrong(
            f"{value} is longer than 48h: labels that take so long are joined by the store that "
            "has them, as a metric from: it with such a delay:"
        )
    return length


class LabelsModel(BaseModel):
    """What answers should have been: rows of a source, or files that the cloud has a form for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    mature_after: Annotated[
        timedelta,
        BeforeValidator(_mature),
        WithJsonSchema({"type": "string", "pattern": PATTERN}),
    ] = Field(description="how old a period is when its labels are all there, 6h")
    source: MaybeText = Field(None, alias="from", description="one of the sources")
    query: MaybeText = Field(None, description="of a source of SQL, or the .sql file that has it")
    path: MaybeText = Field(None, description="of an http source")
    rows: MaybeText = Field(None, description="JMESPath of the rows in what it answers")
    key: Text = Field("key", description="the column that has an answer's key")
    label: Text = Field("label", description="the column that has its label")
    at: Text = Field("at", description="the column that says since when it is known, if there")
    files: MaybeText = Field(None, description="ground truth in SageMaker's form, s3://...")


def labels_of(model: LabelsModel, sources: Mapping[str, Origin]) -> dict[str, Any]:
    """What a metric of labelled answers carries, with all it takes to ask on any machine."""
    spec = model.model_dump(exclude_none=True)
    mature, source = spec.pop(MATURE), spec.pop("source", None)
    found = {MATURE: mature, "spec": spec}
    if source is None:
        return found
    origin = sources[source]
    kept = {"name": origin.name, "kind": origin.kind, "settings": dict(origin.settings)}
    return found | {"source": kept}


def labels_flaws(labels: Any, sources: Mapping[str, Any]) -> Iterator[Wrong]:
    """What is wrong with the labels of one endpoint: where in them, and the sentence."""
    if not isinstance(labels, Mapping):
        return
    if FROM not in labels and FILES not in labels:
        yield (), f"labels need their place: {FROM}: one of the sources, or {FILES}: s3://..."
    if FROM in labels and FILES in labels:
        yield (FILES,), f"{FILES} beside {FROM}: labels have one place"
    name = labels.get(FROM)
    if isinstance(name, str) and name not in sources:
        known = f"it has {', '.join(sources)}" if sources else "it has no sources"
        yield (FROM,), f'this file has no source "{name}"{nearest(name, sources) or f", {known}"}'
    files = labels.get(FILES)
    if isinstance(files, str) and not files.startswith("s3://"):
        yield (FILES,), f'"{files}" is no place on S3, write it such as s3://bucket/ground-truth'
