"""Who gets how much of the live traffic: shares that add up to 100, shadow beside them."""

from collections.abc import Collection, Mapping
from dataclasses import field
from math import floor, isclose
from types import MappingProxyType

from canarycli.late_methods import dataclass

TOLERANCE = 0.01
"""Percent points by which two shares may differ and still be the same share.

SageMaker's weights are single precision, so 0.1 comes back as 0.10000000149.
"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Shares of live traffic in percent by version name.

    `shares` adds up to 100, or is empty where an endpoint takes no traffic at all; versions
    that are not named have 0. `shadow` is a copy of traffic whose answers are dropped, in
    percent of the live traffic; it does not count towards the 100.
    """

    shares: Mapping[str, float]
    shadow: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, share in (*self.shares.items(), *self.shadow.items()):
            if not 0 <= share <= 100 + TOLERANCE:
                raise ValueError(f"share of {name!r} is {share}, not between 0 and 100")
        total = sum(self.shares.values())
        if total and not isclose(total, 100, abs_tol=TOLERANCE * max(1, len(self.shares))):
            raise ValueError(f"shares add up to {total:g}, not to 100")
        object.__setattr__(self, "shares", MappingProxyType(dict(self.shares)))
        object.__setattr__(self, "shadow", MappingProxyType(dict(self.shadow)))

    @classmethod
    def all_to(cls, version: str) -> "Traffic":
        """Everything to one version."""
        return cls({version: 100.0})

    @classmethod
    def split(cls, baseline: str, candidate: str, percent: float) -> "Traffic":
        """`percent` to the candidate, the rest to the baseline."""
        return cls({baseline: 100.0 - percent, candidate: float(percent)})

    @classmethod
    def from_weights(cls, weights: Mapping[str, float]) -> "Traffic":
        """Shares from weights of any sum; no shares when every weight is 0."""
        total = sum(weights.values())
        if total <= 0:
            return cls({})
        return cls({name: 100 * weight / total for name, weight in weights.items()})

    def of(self, version: str) -> float:
        """The live share of one version, 0 if it has none."""
        return self.shares.get(version, 0.0)

    @property
    def live(self) -> tuple[str, ...]:
        """The versions that get live traffic, the largest share first."""
        names = (name for name, share in self.shares.items() if share > TOLERANCE)
        return tuple(sorted(names, key=lambda name: (-self.shares[name], name)))

    def same_as(self, other: "Traffic") -> bool:
        """Whether both give every version the same, but for rounding and idle versions."""
        return _same(self.shares, other.shares) and _same(self.shadow, other.shadow)

    def gives_more(self, version: str, before: "Traffic") -> bool:
        """Whether a version gets more requests than before, live ones or copies."""
        if self.of(version) > before.of(version) + TOLERANCE:
            return True
        return self.shadow.get(version, 0.0) > before.shadow.get(version, 0.0) + TOLERANCE

    def rounded(self, finest: float) -> dict[str, float]:
        """The shares in multiples of `finest` percent, by largest remainder.

        They add up to 100, of which `finest` is a part. Versions at 0 are not in it, so that
        rounding gives them none; one of less than half a step may be in it at 0. {} where nothing
        has traffic.
        """
        total = sum(self.shares.values())
        if not total:
            return {}
        steps = {name: 100 * share / total / finest for name, share in self.shares.items() if share}
        whole = {name: floor(step + 1e-9) for name, step in steps.items()}
        missing = round(100 / finest) - sum(whole.values())
        by_remainder = sorted(steps, key=lambda name: (whole[name] - steps[name], name))
        for name in by_remainder[:missing]:
            whole[name] += 1
        return {name: count * finest for name, count in whole.items()}

    def __str__(self) -> str:
        if not self.live:
            return "no traffic"
        return ", ".join(f"{name} {percent(self.shares[name])}" for name in self.live)


def percent(share: float) -> str:
    """A share as people write it: `5%`, `12.5%`, and `0.001%`, which is not nothing."""
    return f"{round(share, 2) or round(share, 4):g}%"


def _same(ours: Mapping[str, float], theirs: Mapping[str, float]) -> bool:
    names: Collection[str] = {*ours, *theirs}
    return all(
        isclose(ours.get(name, 0.0), theirs.get(name, 0.0), abs_tol=TOLERANCE) for name in names
    )
