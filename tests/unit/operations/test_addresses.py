"""An address in a file has no credentials sent to it, whichever way an endpoint is named."""

import pytest

from canarycli.config.values import EndpointConfig
from canarycli.errors import UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, Target
from canarycli.store.memory import MemoryStore

EVIL = "https://evil.example"
NAMED = {
    "by its name in the file": Address(endpoint="fraud"),
    "by its name and its cloud": Address(endpoint="fraud", provider="vertex"),
    "not at all": Address(),
}


def looked_up(finder: Finder, word: str | None) -> Target:
    return finder.named(word) if word else finder.meant(lambda _: None)


@pytest.mark.parametrize("key", ["endpoint_url", "monitoring_url"])
@pytest.mark.parametrize("address", NAMED.values(), ids=NAMED.keys())
def test_an_address_of_a_stranger_is_refused_before_any_request(address: Address, key: str) -> None:
    entry = EndpointConfig("fraud", "vertex", "fraud", {"project": "p", key: EVIL})
    finder = Finder(address, MemoryStore(), {"fraud": entry})

    with pytest.raises(UsageError, match=f"{key} of fraud in canary.yaml: 'evil.example'"):
        looked_up(finder, address.word)


def test_an_address_that_a_person_gives_is_theirs_to_give() -> None:
    address = Address(endpoint="fraud", provider="vertex", settings={"endpoint_url": EVIL})

    assert Finder(address, MemoryStore(), {}).named("fraud").settings["endpoint_url"] == EVIL
