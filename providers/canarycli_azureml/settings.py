"""What the provider is built with: a workspace, its cloud, and how its metrics are read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from canarycli.errors import Unplaced, UsageError
from canarycli.failing import Failures
from canarycli.late_methods import dataclass
from canarycli_azureml.clouds import PUBLIC, Cloud, cloud_named
from canarycli_azureml.keys import KEYS

METRIC_DELAY = timedelta(minutes=3)
"""Azure Monitor's newest two minutes read 0 for a while, as if nobody had asked."""

MINUTE = timedelta(minutes=1)
ALSO = ("metric_delay", "metric_period", "endpoint_url")
"""The keys that every endpoint in a cloud has."""

PLACE = {
    "subscription": ("AZURE_SUBSCRIPTION_ID",),
    "resource_group": ("AZURE_RESOURCE_GROUP", "AZUREML_ARM_RESOURCEGROUP"),
    "workspace": ("AZUREML_WORKSPACE", "AZUREML_ARM_WORKSPACE_NAME"),
}
"""Where each part of the place is looked for when the settings lack it."""

_WORDS: Mapping[str, str] = {"subscription": "ID", "resource_group": "NAME", "workspace": "NAME"}


@dataclass(frozen=True, slots=True)
class Settings:
    """One workspace, and what is particular about it.

    Attributes:
        subscription: the subscription's id.
        cloud: whose hosts are asked.
        metric_delay: younger minutes may still change.
        failures: the status codes that are the candidate's fault.
    """

    subscription: str
    resource_group: str
    workspace: str
    cloud: Cloud = PUBLIC
    metric_delay: timedelta = METRIC_DELAY
    failures: Failures = Failures()

    @classmethod
    def read(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> "Settings":
        """Settings from canary.yaml or flags, the rest from the environment.

        Raises:
            UsageError: a key is unknown, a value makes no sense, or the place is not complete.
        """
        for key in given:
            if key not in (*KEYS, *ALSO):
                raise UsageError(
                    f"azureml has no setting {key!r}", hint=f"it has {', '.join(KEYS)}"
                )
        place = _place(given, environment)
        cloud = cloud_named(str(given.get("cloud") or "public"))
        if given.get("endpoint_url"):
            cloud = cloud.at(str(given["endpoint_url"]))
        _check_period(given.get("metric_period"))
        return cls(
            **place,
            cloud=cloud,
            metric_delay=_delay(given.get("metric_delay")),
            failures=Failures.parse(given.get("failures")),
        )

    @property
    def place(self) -> str:
        """`subscription/resource_group/workspace`, in lower case: Azure's names have none."""
        return f"{self.subscription}/{self.resource_group}/{self.workspace}".lower()

    @property
    def path(self) -> str:
        """The workspace's resource id."""
        return _path(self.subscription, self.resource_group, self.workspace)

    def endpoint(self, name: str) -> str:
        """An endpoint's resource id; the name is quoted, so that it stays one part of the path."""
        return f"{self.path}/onlineEndpoints/{quote(name, safe='')}"

    def other(self, kind: str, name: str) -> str:
        """The resource id of an endpoint of another kind."""
        return f"{self.path}/{kind}/{quote(name, safe='')}"

    def deployment(self, endpoint: str, name: str) -> str:
        """The resource id of one of its deployments."""
        return f"{self.endpoint(endpoint)}/deployments/{quote(name, safe='')}"


def path_of(given: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """A workspace's resource id as far as it is known, with `SUBSCRIPTION` for what is not."""
    parts = {key: _said(key, given, environment) or key.replace("_", "-").upper() for key in PLACE}
    return _path(**parts)


def _path(subscription: str, resource_group: str, workspace: str) -> str:
    return (
        f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
    )


def _place(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Subscription, group and workspace; all that is missing of them in one error."""
    place = {key: _said(key, given, environment) for key in PLACE}
    if missing := [key for key, found in place.items() if not found]:
        flags = " ".join(f"--{key.replace('_', '-')} {_WORDS[key]}" for key in missing)
        raise Unplaced(
            f"azureml needs a {' and a '.join(missing)}",
            missing,
            hint=(
                f"{flags}; or the same in canary.yaml",
                f"or in the environment: {' '.join(PLACE[key][0] for key in missing)}",
            ),
        )
    for key, found in place.items():
        if "/" in found:
            raise UsageError(f"{key} {found!r} is no name", hint="give the last part of its id")
    return place


def _said(key: str, given: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    value = str(given.get(key) or "").strip()
    return value or next((environment[name] for name in PLACE[key] if environment.get(name)), "")


def _delay(value: Any) -> timedelta:
    if value is None:
        return METRIC_DELAY
    delay = value if isinstance(value, timedelta) else timedelta(seconds=float(value))
    if delay < timedelta(0):
        raise UsageError(f"metric_delay can't be negative: {delay}")
    return delay


def _check_period(value: Any) -> None:
    # Azure Monitor averages coarser grains over series of their own, so requests can't be counted.
    if value is not None and value != MINUTE:
        raise UsageError(
            f"metric_period is {value}, and azureml can only count minute by minute",
            hint="leave metric_period out",
        )
