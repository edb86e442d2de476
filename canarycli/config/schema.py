"""The JSON Schema of canary.yaml, for editors."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from canarycli.config.models import FileModel
from canarycli.declared import VARIABLE, Keys, Kind
from canarycli.durations import PATTERN
from canarycli.registry import metric_words, own_keys, provider_names

DRAFT = "http://json-schema.org/draft-07/schema#"


def config_schema() -> dict[str, Any]:
    """The schema; good as draft-07 (what yaml-language-server reads) and as 2020-12."""
    schema = FileModel.model_json_schema(by_alias=True)
    _with_packages(schema)
    return {"$schema": DRAFT, "title": "canary.yaml", **_tidied(schema)}


def _with_packages(schema: dict[str, Any]) -> None:
    """Add what the providers of installed packages say they have."""
    parts = schema["$defs"]
    endpoints = schema["properties"]["endpoints"]["additionalProperties"]["oneOf"]
    declared = {name: own_keys(name) for name in provider_names()}
    for name, keys in declared.items():
        if keys is None:
            continue
        own = deepcopy(parts["OtherModel"])
        written = _properties({key: said for key, said in keys.items() if not said.secret})
        variables = {f"{key}{VARIABLE}": _TEXT for key, said in keys.items() if said.secret}
        own["properties"] |= {"provider": {"const": name}, **written, **variables}
        own["additionalProperties"] = False
        parts[f"{name} endpoint"] = own
        endpoints.append({"$ref": f"#/$defs/{name} endpoint"})
        parts["OtherModel"]["properties"]["provider"]["not"]["enum"].append(name)
        parts["DefaultsModel"]["properties"] |= written
    for word, keys in metric_words().items():
        parts["CustomMetric"]["properties"][word] = {
            "type": "object",
            "properties": _properties(keys),
            "additionalProperties": False,
        }


_TEXT = {"type": "string", "minLength": 1}
_FORMS: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": ["string", "number"]},
    Kind.NUMBER: {"type": ["number", "string"]},
    Kind.FLAG: {"enum": [True, False, "true", "false"]},
    Kind.DURATION: {"type": "string", "pattern": PATTERN},
    Kind.ANY: {},
}


def _properties(keys: Keys) -> dict[str, Any]:
    return {
        name: {**_FORMS[key.kind], **({"description": key.says} if key.says else {})}
        for name, key in keys.items()
    }


def _tidied(node: Any) -> Any:
    """Without what editors show and nobody needs: generated titles, `null` defaults."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _tidied(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
