"""Takes an endpoint's ARN apart: its name, and the place that the settings may not contradict."""

import re
from collections.abc import Mapping
from typing import Any

from canarycli.errors import UsageError

_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):endpoint/(?P<name>.+)"
)
_NAME = re.compile(r"[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}")


def placed(name: str, settings: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name in an ARN, and the settings with its region and account; see `Naming.placed`."""
    if not name.startswith("arn:"):
        return _checked(name), settings
    found = _ARN.fullmatch(name)
    if found is None:
        raise UsageError(
            f"{name!r} is no ARN of an endpoint",
            hint="one looks like arn:aws:sagemaker:us-east-1:123456789012:endpoint/NAME",
        )
    said = settings.get("region")
    if said and said != found["region"]:
        raise UsageError(
            f"{name!r} is in {found['region']}, and the settings say {said}",
            hint=f"--region {found['region']}, or name the endpoint without its ARN",
        )
    place = {"region": found["region"], "account": found["account"]}
    return _checked(found["name"]), {**settings, **place}


def account_of(arn: str) -> str:
    """The account in an ARN, "" if it has none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _checked(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    near = re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")
    raise UsageError(
        f"{name!r} can't be the name of a SageMaker endpoint",
        hint=([f"did you mean {near[:63]}?"] if near else [])
        + ["a name has letters, digits and hyphens, 63 at most"],
    )
