"""Compares instances with the share they would get. Pure."""

import math

from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint
from canarycli.traffic import TOLERANCE, Traffic, percent

SLACK = 1.35
"""So much more load per instance than now is what a day brings anyway: 75% and back to 100% is."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A version that would get more traffic per instance than any version carries now.

    Attributes:
        share: the percent it would get.
        instances: how many it has.
        needed: how many it would need to carry no more each than the busiest do now.
    """

    version: str
    share: float
    instances: int
    needed: int

    @property
    def sentence(self) -> str:
        """For people."""
        one = "instance" if self.instances == 1 else "instances"
        return (
            f"{self.version} would get {percent(self.share)} with {self.instances} {one}, where "
            f"{self.needed} carry that now"
        )


def shortages(seen: Endpoint, to: Traffic, known: Traffic | None = None) -> tuple[Shortage, ...]:
    """The versions that a split would give more per instance than the busiest ones carry now.

    Versions that get no more than they have are never short. Empty where nothing carries traffic.

    Args:
        seen: the endpoint.
        to: the split that is about to be.
        known: a split that its instances are known to have carried before.
    """
    loads = [
        split.of(v.name) / v.instances
        for v in seen.versions
        for split in (seen.traffic, known)
        if split is not None and v.instances and split.of(v.name) > TOLERANCE
    ]
    if not loads:
        return ()
    most = max(loads)
    found = []
    for version in seen.versions:
        share, count = to.of(version.name), version.instances
        if count is not None and share > SLACK * most * count:
            found.append(Shortage(version.name, share, count, math.ceil(share / most)))
    return tuple(found)
