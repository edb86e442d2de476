"""Looks at identity, permissions, clock and metrics by calls that change nothing."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.errors import CanaryError, Denied, Unavailable
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.probes import clock, newest_points
from canarycli.provider import Endpoint, Probe
from canarycli_vertex.api import Api
from canarycli_vertex.traffic import labels_of

NOBODY = "9999999999"
"""A deployed model that no endpoint has: Google checks permissions before it looks."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything worth knowing before a release."""

    api: Api
    path: Callable[[str], str]
    describe: Callable[[str], Endpoint]
    measure: Callable[[str, Collection[str], Collection[Metric], Window], Measurements]

    def identity(self) -> Iterator[Probe]:
        """Who the credentials belong to and how long their token lasts."""
        tokens = self.api.tokens
        try:
            tokens.headers()
        except CanaryError as error:
            yield _failed("identity", error)
            return
        yield Probe("identity", ok=True, detail=tokens.identity)
        if tokens.expires is not None:
            left = tokens.expires.replace(tzinfo=UTC) - datetime.now(UTC)
            minutes = f"{left.total_seconds() / 60:.0f} minutes left, renewed by itself"
            yield Probe("credentials", ok=left > timedelta(0), detail=minutes)

    def permissions(self, endpoint: str, *, deploys: bool = False) -> Iterator[Probe]:
        """Each permission a release needs, by a call that can't have an effect.

        Raises:
            ProviderError: the endpoint can't even be looked at.
        """
        seen = self.describe(endpoint)
        yield Probe("aiplatform.endpoints.get", ok=True, detail=f"{endpoint} is {seen.status}")
        yield from clock(self.api.date, "Google's", datetime.now(UTC))
        path, api = self.path(endpoint), self.api
        labels = dict(labels_of(seen))
        # A wrong etag is refused, and if it were not, the labels are those that are there.
        yield _may(
            "aiplatform.endpoints.update",
            lambda: api.patch(path, "labels", {"etag": "canary-doctor", "labels": labels}),
        )
        if deploys:
            yield _may(
                "aiplatform.endpoints.deploy",
                lambda: api.post(f"{path}:deployModel", {"deployedModel": {}}),
            )
            yield _may(
                "aiplatform.endpoints.undeploy",
                lambda: api.post(f"{path}:undeployModel", {"deployedModelId": NOBODY}),
            )
            models = f"{api.settings.parent}/models"
            yield _may(
                "aiplatform.models.list", lambda: next(api.pages(models, "models", {}), None)
            )

    def metrics(
        self, endpoint: str, versions: Collection[str], metrics: Collection[Metric], now: datetime
    ) -> Iterator[Probe]:
        """The newest point of each metric on each version in the last quarter of an hour."""
        window = Window(now - timedelta(minutes=15), now)
        try:
            found = self.measure(endpoint, versions, metrics, window)
        except CanaryError as error:
            yield _failed("monitoring.timeSeries.list", error)
            return
        yield Probe("monitoring.timeSeries.list", ok=True, detail="Cloud Monitoring answers")
        yield from newest_points(found, versions, metrics)


def _may(name: str, call: Callable[[], Any]) -> Probe:
    try:
        call()
    except (Denied, Unavailable) as error:
        return _failed(name, error)
    except CanaryError:
        # Whoever is told what is wrong with the request was allowed to make it.
        pass
    return Probe(name, ok=True, detail="allowed")


def _failed(name: str, error: CanaryError) -> Probe:
    return Probe(name, ok=False, detail=error.message, hints=error.hints)
