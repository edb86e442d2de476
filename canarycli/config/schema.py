"""The JSON Schema of canary.yaml, for editors."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from canarycli.config.foreign import default_keys
from canarycli.config.models import FileModel
from canarycli.declared import VARIABLE, Keys, Kind
from canarycli.durations import PATTERN
from canarycli.registry import declared_keys, metric_words

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
    declared = declared_keys()
    for name, keys in declared.items():
        own = deepcopy(parts["OtherModel"])
        variables = {f"{key}{VARIABLE}": _WORD for key, said in keys.items() if said.secret}
        own["properties"] |= {"provider": {"const": name}, **_properties(keys), **variables}
        own["additionalProperties"] = False
        own["description"] = f"An endpoint of provider {name}."
        parts[f"{name} endpoint"] = own
        endpoints.append({"$ref": f"#/$defs/{name} endpoint"})
    parts["OtherModel"]["properties"]["provider"]["not"]["enum"].extend(declared)
    parts["DefaultsModel"]["properties"] |= _defaults(declared)
    for word, keys in metric_words().items():
        parts["CustomMetric"]["properties"][word] = {
            "type": "object",
            "properties": _properties(keys),
            "additionalProperties": False,
        }


_WORD = {"type": "string", "minLength": 1}
_TEXT = {"type": ["string", "integer"], "minLength": 1}
_FORMS: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: _TEXT,
    Kind.NUMBER: {"type": ["number", "string"]},
    Kind.FLAG: {"enum": [True, False, "true", "false"]},
    Kind.DURATION: {"type": "string", "pattern": PATTERN},
    Kind.WORDS: {"type": ["array", "string"], "items": _TEXT},
    Kind.ANY: {},
}


def _properties(keys: Keys) -> dict[str, Any]:
    return {
        name: {**_FORMS[key.kind], **({"description": key.says} if key.says else {})}
        for name, key in keys.items()
        if not key.secret
    }


def _defaults(declared: Mapping[str, Keys]) -> dict[str, Any]:
    """What `defaults:` may have of providers' own keys, with whose they are."""
    found: dict[str, Any] = {}
    for name in default_keys({name: {"provider": name} for name in declared}):
        whose = [provider for provider, keys in declared.items() if name in keys]
        form = _properties({name: declared[whose[-1]][name]})
        found |= {key: {**said, "description": ", ".join(whose)} for key, said in form.items()}
    return found


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
