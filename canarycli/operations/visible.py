"""Which endpoints can be seen from here: of one provider, or of every cloud one is signed in to."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

from canarycli.clock import SystemClock
from canarycli.engine.retries import Patient, patient_with
from canarycli.errors import CanaryError, Unsupported
from canarycli.late_methods import dataclass
from canarycli.preview import Listed, Listing
from canarycli.registry import OURS, load_provider
from canarycli.verbs import offers

CLOUDS = tuple(name for name in OURS if name != "simulator")
PATIENCE = timedelta(seconds=8)
"""How long one cloud is asked: this is only an offer."""

LOOKED_AT = 8
"""So many endpoints are looked at for their traffic; of more, just the names are told."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "sagemaker": ("region",),
    "vertex": ("project", "region"),
    "azureml": ("subscription", "resource_group", "workspace"),
}
"""The settings that a provider's `place` is made of, in its order."""


@dataclass(frozen=True, slots=True)
class Visible:
    """One endpoint that was found.

    Attributes:
        name: what the cloud takes.
        title: what people call it.
        settings: where it is, as canary.yaml has it.
        traffic: its split in words, "" where it was not looked at.
    """

    provider: str
    name: str
    title: str
    settings: Mapping[str, Any]
    traffic: str = ""

    @property
    def line(self) -> str:
        """It, for people."""
        place = "/".join(str(value) for value in self.settings.values())
        named = self.title if self.title == self.name else f"{self.title} ({self.name})"
        return "  ".join(filter(None, (named, self.provider, place, self.traffic)))

    @property
    def flags(self) -> tuple[str, ...]:
        """What names it on a command line without a canary.yaml."""
        where = [(f"--{key.replace('_', '-')}", str(v)) for key, v in self.settings.items()]
        words = [word for flag in where for word in flag]
        return ("-e", self.name, "--provider", self.provider, *words)


def visible(provider: str, settings: Mapping[str, Any]) -> tuple[Visible, ...]:
    """The endpoints of one provider, by title.

    Raises:
        Unsupported: the provider lists none.
        CanaryError: where they are is not known, or they may not be listed.
    """
    here = patient_with(provider, load_provider(provider, settings), SystemClock(), PATIENCE)
    inner: object = here.provider
    if not offers(inner, Listing):
        raise Unsupported(
            f"provider {provider!r} lists no endpoints", hint="name the endpoint with --endpoint"
        )
    listed = here.ask(inner.endpoints)
    where = place_settings(provider, here.place, settings)
    looked_at = len(listed) <= LOOKED_AT
    return tuple(
        Visible(provider, one.name, one.title, where, _traffic(here, one) if looked_at else "")
        for one in listed
    )


def visible_anywhere(settings: Mapping[str, Any]) -> tuple[Visible, ...]:
    """The endpoints of every cloud that answers; one that can't be asked has none."""
    with ThreadPoolExecutor(len(CLOUDS)) as pool:
        found = pool.map(lambda name: list(_anyhow(name, settings)), CLOUDS)
        return tuple(one for cloud in found for one in cloud)


def place_settings(provider: str, place: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings that say where, from what the provider itself says; else those given."""
    words = PLACES.get(provider, ())
    parts = place.split("/")
    return dict(zip(words, parts, strict=True)) if len(words) == len(parts) else dict(given)


def _anyhow(provider: str, settings: Mapping[str, Any]) -> Iterator[Visible]:
    known = {key: value for key, value in settings.items() if key in (*PLACES[provider], "profile")}
    with suppress(CanaryError):
        yield from visible(provider, known)


def _traffic(provider: Patient, one: Listed) -> str:
    try:
        shares = provider.describe(one.name).traffic.shares
    except CanaryError:
        return ""
    return ", ".join(f"{name} {share:g}%" for name, share in shares.items() if share)
