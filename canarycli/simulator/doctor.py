"""Looks at a pretend cloud before a release: there is little that could be wrong with it."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.probes import newest_points
from canarycli.provider import Endpoint, Probe

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything worth knowing before a pretend release.

    Attributes:
        state: the file of the pretend world, "" where it is the usual one or none.
    """

    state: str
    describe: Callable[[str], Endpoint]
    measure: Callable[[str, Collection[str], Collection[Metric], Window], Measurements]

    def identity(self) -> Iterator[Probe]:
        """Nobody is asked."""
        yield Probe("identity", ok=True, detail="a pretend cloud asks for no credentials")

    def permissions(self, endpoint: str, *, deploys: bool = False) -> Iterator[Probe]:
        """Whether the file can be read; writing it is tried by the first change.

        Raises:
            ProviderError: it can't, or the endpoint is not in it.
        """
        self.describe(endpoint)
        words = "shift, watch, deploy and retire" if deploys else "shift and watch"
        where = f" in {self.state}" if self.state else ""
        yield Probe("permissions", ok=True, detail=f"may {words}{where}")

    def metrics(
        self, endpoint: str, versions: Collection[str], metrics: Collection[Metric], now: datetime
    ) -> Iterator[Probe]:
        """The newest point of each metric on each version in the last quarter of an hour."""
        found = self.measure(endpoint, versions, metrics, Window(now - QUARTER, now))
        yield from newest_points(found, versions, metrics)
