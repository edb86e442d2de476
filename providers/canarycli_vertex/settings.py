"""Where to talk to, from the endpoint's settings and the environment, checked once."""

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from canarycli.errors import Unplaced, UsageError
from canarycli.failing import Failures
from canarycli.late_methods import dataclass

UNIVERSE = "googleapis.com"
MONITORING = f"https://monitoring.{UNIVERSE}"
BIGQUERY = f"https://bigquery.{UNIVERSE}"
MINUTE = timedelta(minutes=1)
METRIC_DELAY = timedelta(minutes=4)
"""Request metrics are taken each minute and come 2 to 4 minutes late (Google does not say)."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{1,99}")


@dataclass(frozen=True, slots=True)
class Settings:
    """One project and region, and the base URLs of its APIs.

    Attributes:
        project: id or number.
        region: `europe-west4`, a multi-region (`us`, `eu`) or `global`.
        api: base URL of the Vertex AI API, no slash at the end.
        monitoring: base URL of Cloud Monitoring, no slash at the end.
        bigquery: base URL of BigQuery, no slash at the end.
        metric_delay: points younger than this may still change or be missing.
        metric_period: the time one point covers, a minute or more.
        impersonate: the service account to act as, "" for one's own identity.
        failures: the status codes that are the candidate's fault.
        number: the project's number, where a resource name said it; "" for any.
    """

    project: str
    region: str
    api: str
    monitoring: str = MONITORING
    metric_delay: timedelta = METRIC_DELAY
    metric_period: timedelta = MINUTE
    impersonate: str = ""
    number: str = ""
    bigquery: str = BIGQUERY
    failures: Failures = Failures()

    @classmethod
    def of_project(cls, given: Mapping[str, Any], env: Mapping[str, str]) -> "Settings":
        """A project without a region: enough to ask Cloud Monitoring and BigQuery.

        Raises:
            UsageError: the project is missing or malformed, or a URL is not safe to use.
        """
        universe = _universe(env)
        monitoring = base_url(
            env.get("CANARY_MONITORING_ENDPOINT")
            or given.get("monitoring_url")
            or f"https://monitoring.{universe}"
        )
        impersonate = given.get("impersonate") or env.get(
            "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT", ""
        )
        return cls(
            project=_project(given, env),
            region="",
            api="",
            monitoring=monitoring,
            metric_period=_period(given, monitoring),
            impersonate=str(impersonate),
            bigquery=base_url(
                env.get("CANARY_BIGQUERY_ENDPOINT") or f"https://bigquery.{universe}"
            ),
        )

    @classmethod
    def read(cls, given: Mapping[str, Any], env: Mapping[str, str]) -> "Settings":
        """Settings from canary.yaml, completed by the environment.

        Raises:
            UsageError: project or region is missing or malformed, or a URL is not safe to use.
        """
        region = _region(given, env)
        api = env.get("CANARY_VERTEX_ENDPOINT") or given.get("endpoint_url")
        universe = _universe(env)
        api = api or env.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM") or host(region, universe)
        return replace(
            cls.of_project(given, env),
            region=region,
            api=base_url(str(api)),
            metric_delay=_span(given, "metric_delay", METRIC_DELAY),
            number=str(given.get("project_number") or ""),
            failures=Failures.parse(given.get("failures")),
        )

    @property
    def parent(self) -> str:
        """The path under which endpoints, models and pools of this place live."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def place(self) -> str:
        """`acme-ml/europe-west4`."""
        return f"{self.project}/{self.region}"


def host(region: str, universe: str = UNIVERSE) -> str:
    """The base URL of a region's API; multi-regions and `global` have hosts of their own.

    Args:
        region: as Google names it.
        universe: where Google's APIs are; a sovereign cloud of a partner's has its own.
    """
    if region in {"us", "eu"}:
        return f"https://aiplatform.{region}.rep.{universe}"
    if region == "global":
        return f"https://aiplatform.{universe}"
    return f"https://{region}-aiplatform.{universe}"


def base_url(url: str) -> str:
    """The URL without its last slash, if credentials may be sent there.

    Raises:
        UsageError: it is neither https nor http on this machine.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise UsageError(f"{url!r} is not a base URL", hint="write it as https://host")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(
            f"{url!r} would send credentials unencrypted",
            hint="use https; plain http is for 127.0.0.1 only",
        )
    if parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url!r} has more in it than scheme, host and path")
    return url.rstrip("/")


def is_loopback(name: str) -> bool:
    """Whether a host name can only mean this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _region(given: Mapping[str, Any], env: Mapping[str, str]) -> str:
    region = given.get("region") or _first(
        env, "GOOGLE_CLOUD_REGION", "GOOGLE_CLOUD_LOCATION", "CLOUDSDK_COMPUTE_REGION"
    )
    if not region:
        if not _project_said(given, env):
            raise Unplaced(
                "no project and no region for Vertex AI",
                ("project", "region"),
                hint="--project acme-ml --region europe-west4, or both in canary.yaml",
            )
        raise Unplaced(
            "no region for Vertex AI",
            ("region",),
            hint="--region europe-west4, or region: in canary.yaml",
        )
    if not _NAME.fullmatch(str(region)):
        raise UsageError(f"{region!r} is not a region", hint="a region looks like europe-west4")
    return str(region)


def _project(given: Mapping[str, Any], env: Mapping[str, str]) -> str:
    project = _project_said(given, env)
    if not project:
        raise Unplaced(
            "no project for Vertex AI",
            ("project",),
            hint="--project acme-ml, or project: in canary.yaml",
        )
    if not _PROJECT.fullmatch(str(project)):
        raise UsageError(f"{project!r} is not a project id or number")
    return str(project)


def _project_said(given: Mapping[str, Any], env: Mapping[str, str]) -> Any:
    """The project that somebody named, or that the key file is of."""
    named = given.get("project") or _first(env, "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
    return named or _project_of_key(env.get("GOOGLE_APPLICATION_CREDENTIALS", ""))


def _universe(env: Mapping[str, str]) -> str:
    """The domain of Google's APIs: the one named, or the credentials' own.

    Raises:
        UsageError: it is no domain, or another one than the credentials are good for.
    """
    key = _key(env.get("GOOGLE_APPLICATION_CREDENTIALS", ""))
    named = env.get("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "")
    of_key = str(key.get("universe_domain") or (UNIVERSE if key else named) or UNIVERSE)
    universe = named or of_key
    if not _DOMAIN.fullmatch(universe):
        raise UsageError(f"{universe!r} is no domain of Google's APIs", hint=f"such as {UNIVERSE}")
    if universe != of_key:
        raise UsageError(
            f"GOOGLE_CLOUD_UNIVERSE_DOMAIN is {universe}, and the credentials are for {of_key}",
            hint="take the key of the same cloud, or unset GOOGLE_CLOUD_UNIVERSE_DOMAIN",
        )
    return universe


def _project_of_key(path: str) -> str:
    """The project a key file belongs to, "" if that can't be told."""
    return str(_key(path).get("project_id") or "")


def _key(path: str) -> Mapping[str, Any]:
    """A file with credentials, {} if it can't be read."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _span(given: Mapping[str, Any], key: str, usual: timedelta) -> timedelta:
    found = given.get(key)
    if found is None:
        return usual
    if not isinstance(found, timedelta) or found < timedelta(0):
        raise UsageError(f"{key} {found!r} is not a length of time")
    return found


def _period(given: Mapping[str, Any], monitoring: str) -> timedelta:
    """Cloud Monitoring has no points shorter than a minute; a server for tests may."""
    period = _span(given, "metric_period", MINUTE)
    shortest = timedelta(seconds=1) if is_loopback(urlsplit(monitoring).hostname or "") else MINUTE
    if period < shortest:
        raise UsageError(f"metric_period {period} is too short for Cloud Monitoring", hint="1m")
    return period


def _first(env: Mapping[str, str], *names: str) -> str:
    return next((env[name] for name in names if env.get(name)), "")
