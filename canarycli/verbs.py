"""Which optional verbs a provider has."""

from collections.abc import Mapping
from typing import TypeGuard, TypeVar

from canarycli.batch import Batching
from canarycli.declared import Declaring, Metering
from canarycli.files import Uploader
from canarycli.labels import Labelling
from canarycli.linking import Linking
from canarycli.preview import Checking, Listing, Previewer, Roomy, Trying
from canarycli.provider import (
    Deployer,
    Detailed,
    Inspector,
    Naming,
    Permitted,
    Reporting,
    Smoker,
    Warming,
)
from canarycli.recorder import Recorder
from canarycli.source import Costed

P = TypeVar("P")

VERBS: Mapping[type, tuple[str, ...]] = {
    Naming: ("placed", "one_name"),
    Linking: ("links",),
    Batching: ("measure_many", "full"),
    Deployer: ("deploy", "retire"),
    Previewer: ("preview",),
    Roomy: ("no_room",),
    Trying: ("try_notes",),
    Checking: ("check_candidate",),
    Uploader: ("upload",),
    Detailed: ("details",),
    Reporting: ("progress",),
    Listing: ("endpoints",),
    Warming: ("keep_warm", "let_cool"),
    Inspector: ("doctor",),
    Permitted: ("least_policy",),
    Smoker: ("smoke",),
    Declaring: ("keys",),
    Metering: ("metric_keys",),
    Recorder: ("recording", "answers"),
    Labelling: ("labels",),
    Costed: ("cost",),
}
"""What a provider, or a source, must have to be one of those."""


def offers(provider: object, kind: type[P]) -> TypeGuard[P]:
    """Whether a provider has the verbs of an optional protocol.

    Asked of the object itself and not of its class, so that one which passes on to another by
    `__getattr__` has what the other has, whatever the Python.
    """
    return all(hasattr(provider, verb) for verb in VERBS[kind])
