"""Sets the traffic split, guarded by the endpoint's etag.

A raise happens to the endpoint exactly as it was seen, or not at all. Lowering the candidate wins
over whoever changed the endpoint meanwhile: it reads again and writes again. A refused etag may
also be our own first try, whose answer was lost: reading tells.
"""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import Conflict, NotFound, Rejected, Unavailable, Unsupported
from canarycli.late_methods import dataclass
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, Endpoint, Notes
from canarycli.traffic import TOLERANCE, Traffic
from canarycli_vertex.api import Api, Json
from canarycli_vertex.deployment import deployed_ids
from canarycli_vertex.endpoint import read_endpoint
from canarycli_vertex.errors import understood
from canarycli_vertex.notes import OPERATION, notes_of, with_notes

_TRIES = 4
"""Lowering reads again this often before it writes without an etag."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Who is who, as far as the notes name versions that are there; "" where they don't."""

    baseline: str
    candidate: str

    @classmethod
    def noted(cls, seen: Endpoint, notes: Notes) -> "Arms":
        """From the notes to be written, else from those on the endpoint."""
        known = {**notes_of(labels_of(seen)), **notes}
        names = (known.get(BASELINE_NOTE, ""), known.get(CANDIDATE_NOTE, ""))
        return cls(*(name if seen.version(name) else "" for name in names))

    def lowered(self, now: Traffic, to: Traffic) -> bool:
        """Whether the candidate gets no more than it has, and the baseline no less.

        Where neither is known, no change counts as lowering.
        """
        if not self.candidate and not self.baseline:
            return False
        less = not self.candidate or to.of(self.candidate) <= now.of(self.candidate) + TOLERANCE
        more = not self.baseline or to.of(self.baseline) >= now.of(self.baseline) - TOLERANCE
        return less and more


def shift(
    api: Api, path: str, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
) -> None:
    """Ask for the split `to` on the endpoint at `path`; see `Provider.shift`."""
    split = whole_percents(seen, to)
    lowers = Arms.noted(seen, notes).lowered(seen.traffic, to) if raises is None else not raises
    if lowers:
        _lower(api, path, seen, split, notes)
    else:
        _raise(api, path, seen, split, notes)


def whole_percents(seen: Endpoint, to: Traffic) -> dict[str, int]:
    """The split as Vertex takes it: whole percents that add up to 100.

    Raises:
        Unsupported: it would leave the endpoint without traffic, or has shadow traffic.
        NotFound: a version in it is not deployed.
    """
    refuse_indivisible(seen)
    if any(share > TOLERANCE for share in to.shadow.values()):
        raise Unsupported("Vertex AI has no shadow traffic")
    split = {name: round(share) for name, share in to.rounded(1).items()}
    if not split:
        raise Unsupported(f"a split without traffic would take {seen.name!r} down")
    _require(seen, split)
    return {name: share for name, share in split.items() if share}


def refuse_indivisible(seen: Endpoint) -> None:
    """Stop where the endpoint has no shares.

    Raises:
        Unsupported: and why.
    """
    if seen.indivisible:
        raise Unsupported(f"endpoint {seen.name!r} can't be shifted: {seen.unfit}")


def labels_of(seen: Endpoint) -> Mapping[str, str]:
    """The labels of an endpoint as it was seen."""
    with understood("labels"):
        labels = (seen.raw or {}).get("labels", {})
        return {str(key): str(value) for key, value in labels.items()}


def _require(seen: Endpoint, split: Mapping[str, int]) -> None:
    with understood("the endpoint"):
        deployed = deployed_ids(seen.raw or {})
    for name in split:
        if seen.version(name) is not None and name not in deployed:
            raise Conflict(f"{name!r} is still being deployed", hint=f"canary status {seen.name}")
        if seen.version(name) is None:
            there = ", ".join(f"{v.name} ({v.model})" for v in seen.versions) or "nothing"
            raise NotFound(
                f"endpoint {seen.name!r} has no deployed model {name!r}",
                facts=[f"it has {there}; traffic: {seen.traffic}"],
                hint=f"canary status {seen.name}",
            )


def _raise(api: Api, path: str, seen: Endpoint, split: dict[str, int], notes: Notes) -> None:
    labels = dict(labels_of(seen))
    wanted = with_notes(_without_old_operation(seen, labels) if notes else labels, notes)
    body: dict[str, Any] = {"etag": seen.revision, "trafficSplit": split}
    mask = "trafficSplit"
    if wanted != labels:
        body["labels"] = wanted
        mask = "trafficSplit,labels"
    try:
        api.patch(path, mask, body)
    except (Conflict, Rejected) as refused:
        fresh = _look(api, path, seen.name)
        if _is(fresh, split) and _has(fresh, notes):
            return
        raise _why(refused, seen, fresh) from refused


def _without_old_operation(seen: Endpoint, labels: Mapping[str, str]) -> Mapping[str, str]:
    """The labels without the deployment they remember, once it is over."""
    with understood("the endpoint"):
        under_way = {version.name for version in seen.versions} - deployed_ids(seen.raw or {})
    return labels if under_way else {k: v for k, v in labels.items() if k != OPERATION}


def _lower(api: Api, path: str, seen: Endpoint, split: dict[str, int], notes: Notes) -> None:
    """Lower, with the notes in the same request; notes that are refused never stop it."""
    now, arms = seen, Arms.noted(seen, notes)
    for _ in range(_TRIES):
        body, mask = _with_labels({"etag": now.revision, "trafficSplit": split}, now, notes)
        try:
            api.patch(path, mask, body)
        except (Conflict, Rejected) as refused:
            fresh = _look(api, path, seen.name)
            if _is(fresh, split) and _has(fresh, notes):
                return
            if notes and isinstance(refused, Rejected):
                notes = {}
                continue
            _decide_again(refused, now, fresh, split, arms)
            now = fresh
        else:
            return
    api.patch(path, "trafficSplit", {"trafficSplit": split})


def _decide_again(
    refused: Conflict | Rejected,
    before: Endpoint,
    fresh: Endpoint,
    split: Mapping[str, int],
    arms: Arms,
) -> None:
    """Return if writing again is right and can help; else raise what stands in the way."""
    _require(fresh, split)
    if not arms.lowered(fresh.traffic, _as_traffic(split)):
        raise _why(refused, before, fresh) from refused
    if fresh.revision != before.revision:
        return
    if isinstance(refused, Rejected):
        raise refused
    raise Unavailable(
        f"endpoint {fresh.name!r} takes no change right now: {refused.message}", after=2.0
    ) from refused


def _with_labels(body: Json, now: Endpoint, notes: Notes) -> tuple[dict[str, Any], str]:
    """The body with the notes among its labels, where they are not there yet, and its mask."""
    labels = dict(labels_of(now))
    wanted = with_notes(labels, notes)
    if wanted == labels:
        return dict(body), "trafficSplit"
    return {**body, "labels": wanted}, "trafficSplit,labels"


def _has(found: Endpoint, notes: Notes) -> bool:
    return notes.items() <= notes_of(labels_of(found)).items()


def _why(refused: Conflict | Rejected, seen: Endpoint, fresh: Endpoint) -> Conflict | Rejected:
    """What a refused raise means: somebody else's change, or the cloud's own no."""
    if fresh.revision == seen.revision:
        return refused
    return Conflict(
        f"endpoint {seen.name!r} changed since it was looked at",
        facts=[f"then: {seen.traffic}", f"now:  {fresh.traffic}"],
        hint=f"canary status {seen.name}",
    )


def _is(found: Endpoint, split: Mapping[str, int]) -> bool:
    return found.traffic.same_as(_as_traffic(split))


def _as_traffic(split: Mapping[str, int]) -> Traffic:
    return Traffic({name: float(share) for name, share in split.items()})


def _look(api: Api, path: str, name: str) -> Endpoint:
    found: Json = api.get(path)
    with understood("the endpoint"):
        return read_endpoint(name, found, None, "")
