"""The kit turns red on each way in which a provider was once seen broken and the kit green."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest
from providers.test_example_provider import GatewayWorld, example
from servers.gateway import GatewayState, gateway

from canarycli.errors import CanaryError
from canarycli.provider import Probe
from canarycli.testing.kit import DoctorKit, ProviderKit

HOUR = timedelta(hours=1)


class WholeKit(ProviderKit, DoctorKit):
    """Every test that a broken gateway meets."""


class Sabotage(NamedTuple):
    """What is broken, the test of the kit that must notice, and the verbs with the mistake."""

    what: str
    test: str
    verbs: Mapping[str, Any]
    arguments: tuple[str, ...] = ()


@cache
def honest() -> Any:
    return example().Gateway


def limited(**changes: Any) -> dict[str, Any]:
    return {"limits": property(lambda self: replace(honest().limits.fget(self), **changes))}


def exchanged(self: Any, endpoint: str, versions: Any, metrics: Any, window: Any) -> Any:
    found = honest().measure(self, endpoint, versions, metrics, window)
    return replace(
        found, series=dict(zip(found.series, reversed(found.series.values()), strict=True))
    )


def candidate_first(self: Any, seen: Any, to: Any, notes: Any, *, raises: bool) -> str:
    """The candidate is written on a scale of its own, before the baseline is."""
    self._call("PUT", seen.name, {"weights": {"teal": to.of("teal")}})
    answer: str = honest().shift(self, self.describe(seen.name), to, notes, raises=raises)
    return answer


def all_failures(self: Any, endpoint: str, versions: Any, metrics: Any, window: Any) -> Any:
    found = honest().measure(self, endpoint, versions, metrics, window)
    series = {
        version: {
            key: replace(
                one,
                points=tuple(
                    replace(p, bad=p.bad + 0.03 * p.n) if key == "errors_5xx" else p
                    for p in one.points
                ),
            )
            for key, one in by_key.items()
        }
        for version, by_key in found.series.items()
    }
    return replace(found, series=series)


def without_processors(self: Any, endpoint: str, versions: Any, metrics: Any, window: Any) -> Any:
    asked = [metric for metric in metrics if metric.name != "cpu"]
    return honest().measure(self, endpoint, versions, asked, window)


def without_customs(self: Any, endpoint: str, versions: Any, metrics: Any, window: Any) -> Any:
    if any(metric.source for metric in metrics):
        raise CanaryError("no metric of one's own")
    return honest().measure(self, endpoint, versions, metrics, window)


def always_up(self: Any, endpoint: str) -> Any:
    seen = honest().describe(self, endpoint)
    return replace(seen, versions=tuple(replace(v, in_service=True) for v in seen.versions))


def newest_ten(self: Any, *asked: Any) -> Any:
    found = honest().measure(self, *asked)
    series = {
        version: {key: replace(one, points=one.points[-10:]) for key, one in by_key.items()}
        for version, by_key in found.series.items()
    }
    return replace(found, series=series)


class Doctor:
    def identity(self) -> Iterator[Probe]:
        yield Probe("identity", ok=True, detail="ann")


SABOTAGES = [
    Sabotage(
        "arms exchanged",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        {"measure": exchanged},
        ("errors_5xx",),
    ),
    Sabotage(
        "candidate written first, on another scale",
        "on_the_way_no_version_has_more_than_before_and_after",
        {"shift": candidate_first},
    ),
    Sabotage(
        "finer shares claimed than there are",
        "shares_as_fine_as_it_claims_read_back",
        limited(finest_percent=0.01)
        | {
            "shift": lambda self, seen, to, notes, *, raises: honest().shift(
                self, seen, type(to)(to.rounded(1)), notes, raises=raises
            )
        },
    ),
    Sabotage(
        "4xx counted as errors_5xx",
        "errors_are_counted_among_requests_on_the_arm_that_had_them",
        {"measure": all_failures},
        ("errors_5xx",),
    ),
    Sabotage(
        "cpu named and never answered",
        "every_metric_it_names_has_points",
        limited(metrics=frozenset({"requests", "errors_5xx", "latency_p99", "cpu"}))
        | {"measure": without_processors},
    ),
    Sabotage(
        "custom metrics raise",
        "a_metric_of_ones_own_has_its_known_answer",
        {"measure": without_customs},
    ),
    Sabotage(
        "every version in service for ever",
        "a_version_that_fails_is_not_in_service",
        {"describe": always_up},
    ),
    Sabotage(
        "a plain command that names and does nothing",
        "the_plain_command_says_the_whole_split_and_makes_no_call",
        {"plain_command": lambda *_: "echo blue teal"},
    ),
    Sabotage(
        "the doctor is a method",
        "the_doctor_is_a_property_and_knows_who_we_are",
        {"doctor": lambda _: Doctor()},
    ),
    Sabotage(
        "only the newest ten points", "a_long_window_brings_every_point", {"measure": newest_ten}
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[GatewayState]:
    with gateway() as found:
        yield found


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.what)
def test_the_kit_notices(server: GatewayState, sabotage: Sabotage) -> None:
    server.reset()
    world = GatewayWorld(server)
    kind = type("Broken", (honest(),), dict(sabotage.verbs))
    world.provider = kind({"admin_url": server.url, "token": "let-me-in"})

    with pytest.raises((AssertionError, CanaryError)):
        getattr(WholeKit(), f"test_{sabotage.test}")(world, *sabotage.arguments)
