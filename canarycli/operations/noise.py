"""Measures how far two equal arms of an endpoint differ: `canary check --aa`."""

from collections.abc import Iterator, Mapping

from canarycli.errors import UsageError
from canarycli.judge.noise import arm_noise
from canarycli.late_methods import dataclass
from canarycli.metrics import Counts, Measurements
from canarycli.operations.address import Address
from canarycli.operations.check import Asked, LiveWindow, window_of
from canarycli.plan import Better, Check


@dataclass(frozen=True, slots=True)
class Measured:
    """What two equal arms showed.

    Attributes:
        window: when, and of which arms.
        noise: by check, how far their rates differ as a fraction; None where too little is known.
    """

    window: LiveWindow
    noise: Mapping[str, float | None]

    @property
    def most(self) -> float | None:
        """The largest of them, for the plan."""
        return max((found for found in self.noise.values() if found is not None), default=None)


def measure_noise(address: Address, asked: Asked, env: Mapping[str, str]) -> Measured:
    """Compare two arms that serve the same model.

    Raises:
        CanaryError: arms, checks or window make no sense, or the cloud does not answer.
    """
    live = window_of(address, asked, env)
    arms = (live.baseline, live.candidate)
    found = live.work.provider.measure(
        live.work.target.name, arms, live.plan.metrics(), live.window
    )
    compared = [check for check in live.plan.checks if check.margin is not None]
    rows = {check.name: list(_rows(check, found, live)) for check in compared}
    noise = {name: arm_noise(minutes) for name, minutes in rows.items() if minutes}
    if not noise:
        raise UsageError(
            f"plan {live.plan.name!r} has no check that counts bad requests of both arms",
            hint="add one such as {metric: errors_5xx, no_worse_by: 0.5pp}",
        )
    return Measured(live, noise)


def _rows(check: Check, found: Measurements, live: LiveWindow) -> Iterator[tuple[float, ...]]:
    theirs = {p.at: p for p in found.of(live.baseline, check.metric).points}
    turned = check.better is Better.HIGHER
    for ours in found.of(live.candidate, check.metric).points:
        base = theirs.get(ours.at)
        if isinstance(ours, Counts) and isinstance(base, Counts):
            yield tuple(
                float(number)
                for arm in (ours, base)
                for number in (arm.n, arm.n - arm.bad if turned else arm.bad)
            )
