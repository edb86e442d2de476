"""Looks at identity, permissions, clock and metrics by calls that change nothing."""

import base64
import fnmatch
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.errors import CanaryError
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.probes import clock, newest_points
from canarycli.provider import Endpoint, Probe
from canarycli_azureml.api import PERMISSIONS, Session
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import understood
from canarycli_azureml.policy import DEPLOY, ROLLBACK, WATCH
from canarycli_azureml.settings import Settings

QUARTER = timedelta(minutes=15)
SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything worth knowing before a release."""

    settings: Settings
    session: Session
    describe: Callable[[str], Endpoint]
    measure: Callable[[str, Collection[str], Collection[Metric], Window], Measurements]

    def identity(self) -> Iterator[Probe]:
        """Who the credential belongs to, and for how long its token lasts."""
        try:
            with understood("asking for a token"):
                token = credential(self.settings.cloud, os.environ).get_token(
                    self.settings.cloud.scope
                )
        except CanaryError as error:
            detail = "; ".join([error.message, *error.facts])
            yield Probe("identity", ok=False, detail=detail, hints=error.hints)
            return
        left = datetime.fromtimestamp(token.expires_on, UTC) - datetime.now(UTC)
        detail = f"{_who(_claims(token.token))}, {left.total_seconds() / 60:.0f} min left"
        yield Probe("identity", ok=left > SOON, detail=detail)

    def permissions(self, endpoint: str, *, deploys: bool = False) -> Iterator[Probe]:
        """The clock, and each action a release needs, as Azure says the caller has it.

        Raises:
            ProviderError: the endpoint can't even be looked at.
        """
        self.describe(endpoint)
        yield from clock(self.session.date, "Azure's", datetime.now(UTC))
        wanted = [*ROLLBACK, *WATCH, *(DEPLOY if deploys else ())]
        scope = self.settings.endpoint(endpoint)
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        doing = "reading your permissions"
        try:
            query = {"api-version": PERMISSIONS}
            held = list(self.session.pages(path, doing, **query))
        except CanaryError as error:
            yield from (Probe(a, ok=None, detail=error.message, hints=error.hints) for a in wanted)
            return
        for action in wanted:
            if any(_grants(entry, action) for entry in held):
                yield Probe(action, ok=True, detail="allowed")
            else:
                hint = "canary doctor --print-policy azure prints a role that has it"
                yield Probe(action, ok=False, detail=f"missing at {scope}", hints=(hint,))

    def metrics(
        self, endpoint: str, versions: Collection[str], metrics: Collection[Metric], now: datetime
    ) -> Iterator[Probe]:
        """The newest point of each metric on each version in the last quarter of an hour."""
        try:
            found = self.measure(endpoint, versions, metrics, Window(now - QUARTER, now))
        except CanaryError as error:
            yield Probe("metrics", ok=False, detail=error.message, hints=error.hints)
            return
        yield Probe("metrics", ok=True, detail="Azure Monitor answers")
        yield from newest_points(found, versions, metrics)


def _grants(entry: Mapping[str, Any], action: str) -> bool:
    low = action.lower()

    def among(key: str) -> bool:
        return any(fnmatch.fnmatchcase(low, str(p).lower()) for p in entry.get(key) or ())

    return among("actions") and not among("notActions")


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says of its owner, for people: nothing is decided by it."""
    parts = token.split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _who(claims: Mapping[str, Any]) -> str:
    person = claims.get("upn") or claims.get("unique_name")
    app = claims.get("appid") or claims.get("azp")
    who = person or (f"app {app}" if app else "somebody whose token does not say who")
    return f"{who} of tenant {claims['tid']}" if claims.get("tid") else str(who)
