"""Where everything goes back to when no record tells."""

from dataclasses import replace

import pytest

from canarycli.errors import UsageError
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, Endpoint, Version
from canarycli.release.mark import Mark
from canarycli.release.rescue import home
from canarycli.testing import NOON
from canarycli.traffic import Traffic


def endpoint(**shares: float) -> Endpoint:
    versions = tuple(Version(name, in_service=True) for name in shares)
    return Endpoint("churn", versions, Traffic(shares), settled=True)


@pytest.mark.parametrize(
    ("seen", "says", "hint"),
    [
        (endpoint(blue=50, green=50), "(blue 50%, green 50%)", "--to VERSION"),
        (endpoint(blue=0), "(blue 0%)", "--to blue"),
        (
            replace(endpoint(blue=0, green=0), traffic=Traffic({"gone": 95, "blue": 5})),
            "(blue 5%, green 0%)",
            "--to VERSION",
        ),
    ],
    ids=["halves", "one version without traffic", "most to one that is gone"],
)
def test_where_nothing_tells_the_version_is_asked_for(seen: Endpoint, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        home(seen, {})

    assert refused.value.message == f"can't tell which version of churn is the baseline {says}"
    assert refused.value.hints == (f"name it: canary rollback churn {hint}",)


def test_where_nothing_is_deployed_nothing_goes_back() -> None:
    with pytest.raises(UsageError, match="nothing is deployed on churn") as refused:
        home(endpoint(), {})

    assert refused.value.hints == ()


@pytest.mark.parametrize(
    ("settled", "marked", "goes"),
    [(False, True, "older"), (True, True, "green"), (False, False, "green")],
    ids=["on its way", "long ago", "never rolled back"],
)
def test_where_a_rollback_to_a_named_version_is_on_its_way_the_next_goes_there_too(
    goes: str, *, settled: bool, marked: bool
) -> None:
    seen = replace(endpoint(older=0, blue=0, green=100), settled=settled)
    notes = {BASELINE_NOTE: "older", CANDIDATE_NOTE: "blue"}
    mark = Mark("r-1", NOON, "dana").notes if marked else {}

    assert home(seen, {**notes, **mark}) == goes
