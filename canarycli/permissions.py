"""What canary is to be allowed to do on an endpoint, and who can write that down as a policy."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """What canary is to be allowed to do on an endpoint, besides moving its traffic.

    Attributes:
        watches: read metrics.
        deploys: bring a candidate in, and take an idle version away.
        uploads: bring it in from local files.
        smokes: send requests to one version.
        shadows: give one version a copy of the traffic.
        alarms: read the alarms there are in the cloud.
        answers: read what its versions answered, where the cloud keeps that.
        labels: the address of files that say what would have been right, "" where none do.
        sources: kinds of the stores that figures or labels are asked of.
    """

    watches: bool = True
    deploys: bool = False
    uploads: bool = False
    smokes: bool = False
    shadows: bool = False
    alarms: bool = False
    answers: bool = False
    labels: str = ""
    sources: frozenset[str] = frozenset()


@runtime_checkable
class Permitted(Protocol):
    """A provider class whose cloud has permissions that can be written down."""

    @staticmethod
    def least_policy(
        settings: Mapping[str, Any], endpoint: str, needs: Needs, /
    ) -> Mapping[str, Any]:
        """The least policy, as the JSON that the cloud's own tool takes.

        No call, no credentials: a placeholder stands for what nobody has said.
        """
