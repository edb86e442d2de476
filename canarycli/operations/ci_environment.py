"""Finds the protected environment that this job of a CI runs in, and who started it."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass

SECONDS = 15
MOST = 1 << 16
AUDIENCE = "canary"
WITHOUT = "run canary promote in a job of the CI that has the stage's environment"


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a CI.

    Attributes:
        environment: the name of its protected environment.
        by: who started it, as the CI knows them.
    """

    environment: str
    by: str


def this_job(env: Mapping[str, str]) -> Job:
    """The job that this is.

    GitLab and Azure DevOps set variables for it. GitHub sets none: the job's ID token names the
    environment, and is asked for.

    Raises:
        UsageError: it is no job, or none in an environment.
    """
    if env.get("GITHUB_ACTIONS"):
        claims = _claims(env)
        name, by = claims.get("environment"), claims.get("actor")
    elif env.get("GITLAB_CI"):
        name, by = env.get("CI_ENVIRONMENT_NAME"), env.get("GITLAB_USER_LOGIN")
    elif env.get("TF_BUILD"):
        name, by = env.get("ENVIRONMENT_NAME"), env.get("BUILD_REQUESTEDFOR")
    else:
        raise UsageError("no CI whose jobs have environments runs this", hint=WITHOUT)
    if not name:
        raise UsageError("this job has no environment", hint=WITHOUT)
    return Job(str(name), str(by or "somebody"))


def _claims(env: Mapping[str, str]) -> Mapping[str, Any]:
    """What GitHub itself says of this job."""
    url, token = env.get("ACTIONS_ID_TOKEN_REQUEST_URL"), env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not token:
        raise UsageError(
            "GitHub names a job's environment in its ID token only, which this job may not ask for",
            hint="add to the job: permissions: {id-token: write, contents: read}",
        )
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise UsageError("ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address")
    asked = Request(  # noqa: S310 - the scheme was looked at
        f"{url}&audience={AUDIENCE}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310 - the same
            value = json.loads(answer.read(MOST))["value"]
        middle = value.split(".")[1]
        claims: Mapping[str, Any] = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (URLError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"GitHub gave no ID token of this job: {error}") from error
    return claims
