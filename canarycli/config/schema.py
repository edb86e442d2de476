"""The JSON Schema of canary.yaml, for editors."""

from typing import Any

from canarycli.config.models import FileModel

DRAFT = "http://json-schema.org/draft-07/schema#"


def config_schema() -> dict[str, Any]:
    """The schema; good as draft-07 (what yaml-language-server reads) and as 2020-12."""
    schema = FileModel.model_json_schema(by_alias=True)
    return {"$schema": DRAFT, "title": "canary.yaml", **_tidied(schema)}


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
