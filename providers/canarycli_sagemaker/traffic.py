"""Moves traffic: weights of the variants, with the refusals and lost answers of SageMaker."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from canarycli.errors import Conflict, Denied, NotFound, ProviderError, Unsupported
from canarycli.late_methods import dataclass
from canarycli.provider import (
    CANDIDATE_NOTE,
    RELEASE_NOTE,
    ROLLED_BACK_NOTE,
    Endpoint,
    Notes,
)
from canarycli.traffic import TOLERANCE, Traffic
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.notes import Tags
from canarycli_sagemaker.raw import Look


@dataclass(frozen=True, slots=True)
class Shifter:
    """Asks SageMaker for splits of traffic.

    The way back is one call and nothing before it. Whatever leaves the candidate a share looks
    again first, because SageMaker's weights have no revision to write against.
    """

    clients: Clients
    tags: Tags
    describe: Callable[[str], Endpoint]
    mirror: Callable[[Endpoint, Traffic], None]

    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split; see `Provider.shift`."""
        look: Look = seen.raw
        if not _same_shadow(seen.traffic, to):
            self._exchange(seen, to, notes)
            return ""
        weights = weights_of(seen, to)
        candidate = {**self.tags.known(look.arn), **notes}.get(CANDIDATE_NOTE)
        raised = raising(seen.traffic, to, candidate, told=raises)
        if raised and not seen.settled:
            raise Conflict(under_way(seen), hint="wait until it has settled, then try again")
        if not is_way_back(to, candidate):
            now = self.describe(seen.name)
            if _asked_already(now, weights):
                self.tags.write(look.arn, notes)
                return ""
            raised = raised or raising(now.traffic, to, candidate, told=raises)
            if raised and now.revision != seen.revision:
                raise Conflict(
                    f"endpoint {seen.name!r} changed since it was looked at",
                    facts=[f"it has {now.traffic}"],
                    hint="look again, then decide",
                )
        if raised:
            self._note_first(seen, notes)
        request = self._ask(seen, weights)
        if raised:  # noted before, and whoever noted a change since is not written over
            return request
        with suppress(ProviderError):  # a note that can't be written never stops a rollback
            self.tags.write(look.arn, notes)
        return request

    def _note_first(self, seen: Endpoint, notes: Notes) -> None:
        """Note a raise, then look whether a rollback or another release was noted meanwhile.

        Whoever rolls back notes that, then looks for a raise: so one of the two sees the other.
        """
        arn = seen.raw.arn
        before = self.tags.known(arn).get(ROLLED_BACK_NOTE)
        self.tags.write(arn, notes)
        with suppress(Denied):
            now = self.tags.read(arn)
            other = now.get(RELEASE_NOTE) != notes.get(RELEASE_NOTE, now.get(RELEASE_NOTE))
            if other or now.get(ROLLED_BACK_NOTE) != before:
                raise Conflict(f"somebody else has noted a change of endpoint {seen.name!r}")

    def _exchange(self, seen: Endpoint, to: Traffic, notes: Notes) -> None:
        if to.shadow:
            self.tags.write(seen.raw.arn, notes)
        self.mirror(seen, to)
        with suppress(ProviderError):
            self.tags.write(seen.raw.arn, notes)

    def _ask(self, seen: Endpoint, weights: Mapping[str, float]) -> str:
        doing = f"shift traffic of endpoint {seen.name!r}"
        asked = [{"VariantName": name, "DesiredWeight": w} for name, w in weights.items()]
        try:
            with self.clients.asking(doing):
                answer = self.clients.sagemaker.update_endpoint_weights_and_capacities(
                    EndpointName=seen.name, DesiredWeightsAndCapacities=asked
                )
            checked(answer, doing, "EndpointArn")
            return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))
        except Conflict as refused:
            now = self.describe(seen.name)
            if not _asked_already(now, weights):  # else the change under way is our own
                raise Conflict(under_way(now), hint="wait until it has settled") from refused
            return ""


def weights_of(seen: Endpoint, to: Traffic) -> dict[str, float]:
    """The weight of every production variant: its percent, so that 5 and 95 stay whole.

    Idle ones get 0; a shadow has no part in it.

    Raises:
        NotFound: `to` names a variant the endpoint has not.
        Unsupported: a split that weights can't express.
    """
    names = [version.name for version in seen.versions]
    unknown = next((name for name in to.shares if name not in names), None)
    if unknown is not None:
        raise NotFound(
            f"endpoint {seen.name!r} has no version {unknown!r}", hint=f"it has {', '.join(names)}"
        )
    if not to.live:
        raise Unsupported(
            "SageMaker can't take all traffic off an endpoint", hint="leave 100% on one version"
        )
    look: Look = seen.raw
    return {name: round(to.of(name), 4) for name in look.weights}


def raising(now: Traffic, to: Traffic, candidate: str | None, *, told: bool | None) -> bool:
    """Whether a split gives the candidate more than it has, by what was told and by what is seen.

    Any split may where nobody told and nobody knows the candidate. Everything to one version is a
    way back if it is told to be none, whoever is noted as candidate by now.
    """
    if told is False and len(to.live) == 1:
        return False
    if told or candidate is None or candidate not in {*now.shares, *to.shares}:
        return len(to.live) > 1 if told is None else told
    return to.of(candidate) > now.of(candidate) + TOLERANCE


def is_way_back(to: Traffic, candidate: str | None) -> bool:
    """Whether a split leaves the candidate nothing.

    Where nobody knows the candidate, everything to one version is taken for the way back.
    """
    if candidate is None or candidate not in to.shares:
        return len(to.live) == 1
    return to.of(candidate) <= TOLERANCE


def under_way(seen: Endpoint) -> str:
    """Why a change has to wait."""
    return (
        f"endpoint {seen.name!r} is {seen.status or 'changing'}: SageMaker makes one change at "
        "a time, and none can be cancelled"
    )


def _asked_already(now: Endpoint, weights: Mapping[str, float]) -> bool:
    look: Look = now.raw
    return Traffic.from_weights(look.wanted).same_as(Traffic.from_weights(weights))


def _same_shadow(now: Traffic, to: Traffic) -> bool:
    return Traffic({}, to.shadow).same_as(Traffic({}, now.shadow))
