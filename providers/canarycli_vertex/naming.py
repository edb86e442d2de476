"""Takes an endpoint's resource name apart: its id and place, which no setting contradicts."""

import re
from collections.abc import Mapping
from typing import Any

from canarycli.errors import UsageError

_RESOURCE = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/endpoints/(?P<id>[^/]+)"
)


def placed(name: str, settings: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The id in a resource name, and the settings with its project and region.

    A project's number beside the id that the settings have may be the same project: it goes into
    the settings as `project_number`, and the first look compares it with Google's answer.
    """
    found = _RESOURCE.fullmatch(name)
    if found is None:
        return name, settings
    place: dict[str, Any] = {}
    for key in ("project", "region"):
        said, named = str(settings.get(key) or ""), found[key]
        if not said or said == named:
            place[key] = named
        elif key == "project" and named.isdecimal() and not said.isdecimal():
            place["project_number"] = named
        else:
            raise UsageError(
                f"{name!r} is in {key} {named}, and the settings say {said}",
                hint=f"--{key} {named}, or name the endpoint by its id {found['id']}",
            )
    return found["id"], {**settings, **place}


def is_in(found: Mapping[str, Any], number: str) -> bool:
    """Whether an endpoint as Google answered it is in the project of that number; "" for any."""
    said = _RESOURCE.fullmatch(str(found.get("name", "")))
    return not number or said is None or said["project"] == number
