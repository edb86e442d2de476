"""Whatever one value of a file is replaced by: it loads, or the mistake has its place."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from canarycli.config import config_schema, endpoint_settings, lint, load

ODD: tuple[Any, ...] = (
    None,
    [],
    {},
    "x",
    "",
    0,
    1,
    -1,
    1.5,
    True,
    "15:00",
    "${X}",
    "20%",
    "5pp",
    "500ms",
    "1h",
    ["x"],
    {"x": 1},
)
WHOLE = yaml.safe_load(Path(__file__).with_name("example.yaml").read_text(encoding="utf-8"))
WHOLE["endpoints"]["pretend"] = {
    "provider": "demo",
    "state": "s.json",
    "speed": "30x",
    "settle": "5s",
}
WHOLE["endpoints"]["third"] = {"provider": "acme", "knob": 1, "metric_delay": "5s"}
WHOLE["plans"]["standard"]["shadow"] = {"percent": 20, "bake": "15m"}
WHOLE["plans"]["standard"]["checks"].append({"alarm": "high-5xx", "role": "watch"})
WHOLE["defaults"] = {"region": "us-east-1", "keep_baseline": "1h"}

Spot = tuple[str | int, ...]


def spots(data: Any, at: Spot = ()) -> Iterator[Spot]:
    if at:
        yield at
    if isinstance(data, dict):
        for key, value in data.items():
            yield from spots(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from spots(value, (*at, index))


def replaced(data: Any, at: Spot, value: Any) -> Any:
    data = copy.deepcopy(data)
    owner = data
    for part in at[:-1]:
        owner = owner[part]
    owner[at[-1]] = value
    return data


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(config_schema())


@pytest.mark.slow
@pytest.mark.parametrize("spot", tuple(spots(WHOLE)), ids=lambda spot: ".".join(map(str, spot)))
def test_an_odd_value_loads_or_is_told_of(
    tmp_path: Path, schema: jsonschema.Draft7Validator, spot: Spot
) -> None:
    results = [outcome(tmp_path, schema, replaced(WHOLE, spot, odd)) for odd in ODD]

    assert set(results) <= {"sound", "told of, with its place"}


def outcome(folder: Path, schema: jsonschema.Draft7Validator, data: Any) -> str:
    """What becomes of one file: by lint, by load, by the quick reader and by the schema."""
    path = folder / "canary.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    problems = lint(path)
    quick = endpoint_settings(path, cwd=folder, env={})
    if problems:
        placed = all(problem.line and problem.column for problem in problems)
        return "told of, with its place" if placed else f"no place: {problems}"
    if quick != load(path, cwd=folder, env={}).endpoints:
        return f"read in two ways: {data}"
    return "sound" if schema.is_valid(data) else f"the schema refuses: {data}"
