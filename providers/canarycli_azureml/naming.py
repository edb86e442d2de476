"""Takes an endpoint's resource id apart: its name and its place, which no setting contradicts."""

import re
from collections.abc import Mapping
from typing import Any

from canarycli.errors import UsageError

_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace>[^/]+)"
    r"/onlineEndpoints/(?P<name>[^/]+)",
    re.IGNORECASE,
)
_PLACE = ("subscription", "resource_group", "workspace")


def placed(name: str, settings: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name in a resource id, and the settings with its workspace; see `Naming.placed`."""
    if not name.startswith("/"):
        return name, settings
    found = _ID.fullmatch(name)
    if found is None:
        raise UsageError(
            f"{name!r} is no resource id of an online endpoint",
            hint="give the endpoint's name, the last part of its id",
        )
    for key in _PLACE:
        said = str(settings.get(key) or "")
        if said and said.lower() != found[key].lower():
            raise UsageError(
                f"{name!r} is in {key.replace('_', ' ')} {found[key]}, and the settings say {said}",
                hint=f"name the endpoint without its id: {found['name']}",
            )
    return found["name"], {**{key: found[key] for key in _PLACE}, **_given(settings)}


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value}
