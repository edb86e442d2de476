"""Turns what a person asked for into a release that is ready to be driven."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from canarycli.errors import NotFound, Unchanged, UsageError
from canarycli.late_methods import dataclass
from canarycli.plan import Plan
from canarycli.provider import Endpoint, Version
from canarycli.release.record import Release, State
from canarycli.traffic import TOLERANCE, percent


@dataclass(frozen=True, slots=True)
class Request:
    """One `canary start`, with every flag and file already read.

    Attributes:
        model: what the person calls the candidate.
        baseline: what they call the baseline, None for the version with most traffic.
        settings: what the provider was made with; no secret is ever in it.
        deploy: how to bring in a model that is not on the endpoint; None to refuse it.
        kept_as: the endpoint's one name, where people call it by several.
    """

    provider: str
    place: str
    model: str
    plan: Plan
    by: str
    baseline: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    deploy: Mapping[str, Any] | None = None
    note: str = ""
    ref: str = ""
    kept_as: str = ""


def live_already(endpoint: Endpoint, version: str, word: str) -> UsageError:
    """The error where a start means the baseline itself."""
    share = endpoint.traffic.of(version)
    name_another = f"name another version with --new-model; {endpoint.name} has {_names(endpoint)}"
    message = f"{word!r} is the baseline already, with {percent(share)} of the traffic"
    if word != version:
        message = f"{word} is {version}, the baseline already"
    if share < 100 - TOLERANCE:
        return UsageError(message, hint=name_another)
    return Unchanged(message, hint=(name_another, "in a job that runs again: --ok-on unchanged"))


def prepare(request: Request, endpoint: Endpoint, *, release_id: str, now: datetime) -> Release:
    """The release that the request means on this endpoint; nothing is moved or saved.

    Raises:
        NotFound: an arm is not on the endpoint.
        UsageError: an arm is ambiguous, or both are the same.
        Unchanged: both are the same, and it has all traffic.
    """
    baseline = find_baseline(endpoint, request.baseline)
    there = request.deploy is None or bool(_alive(endpoint, request.model))
    candidate = find_version(endpoint, request.model) if there else ""
    if baseline == candidate:
        raise live_already(endpoint, baseline, request.model)
    state = State.SMOKE_TEST if request.plan.smoke else State.RUNNING
    state = state if there else State.DEPLOYING
    first, shadow = request.plan.stages[0], request.plan.shadow
    return Release(
        id=release_id,
        provider=request.provider,
        place=request.place,
        endpoint=endpoint.name,
        kept_as=request.kept_as,
        settings=request.settings,
        baseline=baseline,
        candidate=candidate,
        model="" if there else request.model,
        deploy=request.deploy or {},
        plan=request.plan,
        started_at=now,
        started_by=request.by,
        note=request.note,
        ref=request.ref,
        state=state,
        target=first.percent if state is State.RUNNING and not shadow else 0.0,
        shadow=shadow.percent if state is State.RUNNING and shadow else 0.0,
        before=endpoint.traffic.of(candidate),
        base=endpoint.revision,
        asked_at=now,
        traffic=dict(endpoint.traffic.shares),
        seen_at=now,
    )


def _alive(endpoint: Endpoint, word: str) -> tuple[Version, ...]:
    """The versions a person may mean, but for dead ones of that model: those are deployed anew."""
    found = endpoint.find(word)
    named = any(v.name.lower() == word.lower() for v in found)
    return found if named else tuple(v for v in found if not v.dead)


def find_baseline(endpoint: Endpoint, word: str | None) -> str:
    """The version a person names as baseline, else the one with most traffic."""
    if word is not None:
        return find_version(endpoint, word)
    live = endpoint.traffic.live
    if not live:
        first = next((v.name for v in endpoint.versions if v.in_service), "VERSION")
        raise UsageError(
            f"endpoint {endpoint.name!r} gives no version any traffic",
            hint=f"give it to the baseline first: canary rollback {endpoint.name} --to {first}",
        )
    shares = [endpoint.traffic.of(name) for name in live]
    if len(live) > 1 and shares[0] == shares[1]:
        raise UsageError(
            f"{live[0]} and {live[1]} have the same share of {endpoint.name}",
            hint="name the baseline: --baseline VERSION",
        )
    return live[0]


def find_version(endpoint: Endpoint, word: str) -> str:
    """The one version a person means by `word`."""
    found = endpoint.find(word)
    if len(found) == 1:
        return found[0].name
    if found:
        raise UsageError(
            f"{word!r} can be {' or '.join(v.name for v in found)} on {endpoint.name}",
            hint="use the version's own name",
        )
    names = [name for v in endpoint.versions for name in (v.name, *v.aliases, v.model) if name]
    near = get_close_matches(word, names, n=1)
    hints = [f"did you mean {near[0]}?"] if near else []
    hints.append(f"it has {_names(endpoint)}")
    raise NotFound(f"endpoint {endpoint.name!r} has no version {word!r}", hint=hints)


def _names(endpoint: Endpoint) -> str:
    return ", ".join(version.name for version in endpoint.versions) or "none"
