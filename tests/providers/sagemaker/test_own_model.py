"""Canary's own copy of SageMaker's model says what botocore's does of the calls canary makes.

After an update of botocore, `python tests/providers/sagemaker/test_own_model.py` writes it anew.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest

from canarycli_sagemaker.errors import USED
from canarycli_sagemaker.service_models import OWN, service_models

VERSION = "2017-07-24"
FILE = OWN / "sagemaker" / VERSION / "service-2.json"
UNUSED = ("documentation", "pattern")
"""What botocore reads for its manual only."""


def part(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model that the calls canary makes need."""
    calls = {name: _bare(whole["operations"][name]) for name in sorted(USED["sagemaker"])}
    shapes: dict[str, Any] = {}
    waiting = list(_shapes(calls))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _bare(whole["shapes"][name])
            waiting += _shapes(shapes[name])
    return {
        "version": whole["version"],
        "metadata": whole["metadata"],
        "operations": calls,
        "shapes": dict(sorted(shapes.items())),
    }


def _bare(found: Any) -> Any:
    if isinstance(found, Mapping):
        prose = {key for key in UNUSED if isinstance(found.get(key), str)}
        return {key: _bare(value) for key, value in found.items() if key not in prose}
    return [_bare(one) for one in found] if isinstance(found, list) else found


def _shapes(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        if isinstance(found.get("shape"), str):
            yield found["shape"]
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _shapes(one)


def test_our_model_of_sagemaker_is_what_botocore_has_of_the_calls_we_make() -> None:
    whole = botocore.loaders.Loader().load_service_model("sagemaker", "service-2", VERSION)

    assert json.loads(FILE.read_bytes()) == json.loads(json.dumps(part(whole)))


def test_ours_is_read_for_sagemaker_and_botocores_for_the_rest() -> None:
    models = service_models(None)

    assert set(models.load_service_model("sagemaker", "service-2")["operations"]) == set(
        USED["sagemaker"]
    )
    assert models.load_service_model("sagemaker", "endpoint-rule-set-1")["rules"]
    assert models.load_service_model("sts", "service-2")["operations"]["GetCallerIdentity"]


@pytest.mark.parametrize("version", [VERSION, "2031-01-01"], ids=["same", "newer"])
def test_a_persons_own_model_of_sagemaker_comes_before_ours(tmp_path: Path, version: str) -> None:
    theirs = tmp_path / "sagemaker" / version / "service-2.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(json.dumps({"operations": {"Theirs": {}}}), encoding="utf-8")

    found = service_models(str(tmp_path)).load_service_model("sagemaker", "service-2")

    assert list(found["operations"]) == ["Theirs"]


def _lines(model: Mapping[str, Any]) -> str:
    """JSON with a call or a shape a line, for whoever reads what an update changed."""

    def short(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))

    def block(name: str) -> str:
        rows = (f"{short(key)}:{short(value)}" for key, value in model[name].items())
        return f"{short(name)}:{{\n" + ",\n".join(rows) + "\n}"

    heads = ",\n".join(f"{short(key)}:{short(model[key])}" for key in ("version", "metadata"))
    return "{" + heads + ",\n" + block("operations") + ",\n" + block("shapes") + "}\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    botocores = botocore.loaders.Loader().load_service_model("sagemaker", "service-2", VERSION)
    FILE.write_text(_lines(part(botocores)), encoding="utf-8")
