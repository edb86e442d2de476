"""A split as Azure ML takes it: what is asked for, and the whole body that says so."""

from collections.abc import Mapping
from typing import Any

from canarycli.errors import NotFound, Rejected, Unsupported
from canarycli.late_methods import dataclass
from canarycli.provider import BASELINE_NOTE, RELEASE_NOTE, Endpoint, Notes
from canarycli.traffic import Traffic
from canarycli_azureml import body as read
from canarycli_azureml.body import Body
from canarycli_azureml.endpoint import SHADOW_TAG

SHADOW_UP_TO = 50
TAGS, TAG_VALUE = 50, 256
"""Resource Manager's limits on tags: how many, and how long a value is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A split to ask for, in whole percents, under the deployments' own names.

    Attributes:
        live: the `traffic` map, without zeroes.
        shadow: the `mirrorTraffic` map, without zeroes.
        named: every version the split speaks of, in lower case.
        notes: tags to write with it.
    """

    live: Mapping[str, int]
    shadow: Mapping[str, int]
    named: frozenset[str]
    notes: Notes

    @property
    def goes_back(self) -> bool:
        """Whether everything goes to one version and no release is noted, as when rolling back."""
        return len(self.live) == 1 and RELEASE_NOTE not in self.notes


def wanted(seen: Endpoint, to: Traffic, notes: Notes) -> Wanted:
    """What to ask for, checked against what was seen.

    Raises:
        NotFound: a version in it is not there.
        Rejected: Azure ML knows no such split, or no such tags.
        Unsupported: shadow traffic on Kubernetes.
    """
    names = {version.name.lower(): version.name for version in seen.versions}
    live = {_own(seen, names, n): round(v) for n, v in to.rounded(1).items() if v}
    shadow = {_own(seen, names, n): max(1, round(v)) for n, v in to.shadow.items() if v}
    if not live:
        raise Rejected(
            f"endpoint {seen.name!r} can't be left without traffic: callers would get 404"
        )
    _check_shadow(seen, live, shadow)
    for key, value in notes.items():
        if len(value) > TAG_VALUE:
            raise Rejected(f"the note {key!r} is longer than the {TAG_VALUE} characters of a tag")
    spoken_of = frozenset(name.lower() for name in (*to.shares, *to.shadow))
    return Wanted(live, shadow, spoken_of, dict(notes))


def _own(seen: Endpoint, names: Mapping[str, str], name: str) -> str:
    if name.lower() not in names:
        raise NotFound(
            f"endpoint {seen.name!r} has no version {name!r}",
            hint=f"it has {', '.join(names.values()) or 'none'}",
        )
    return names[name.lower()]


def _check_shadow(seen: Endpoint, live: Mapping[str, int], shadow: Mapping[str, int]) -> None:
    if not shadow:
        return
    if read.on_kubernetes(seen.raw):
        raise Unsupported(f"endpoint {seen.name!r} is on Kubernetes, which has no shadow traffic")
    if len(shadow) > 1:
        raise Rejected(f"only one version can get shadow traffic, not {' and '.join(shadow)}")
    name, share = next(iter(shadow.items()))
    if share > SHADOW_UP_TO:
        raise Rejected(f"shadow traffic is at most {SHADOW_UP_TO}%, not {share}%")
    if name in live:
        raise Rejected(f"version {name!r} has live traffic, so it can't get shadow traffic too")


def next_body(fresh: Body, ask: Wanted) -> dict[str, Any]:
    """The body to PUT: everything as it was just read, but for the split and canary's tags.

    Raises:
        Rejected: there is no room for the tags.
    """
    sent = read.to_send_back(fresh)
    mirror = _mirror(fresh, ask)
    sent["properties"]["traffic"] = dict(ask.live)
    if mirror or "mirrorTraffic" in sent["properties"]:
        sent["properties"]["mirrorTraffic"] = mirror
    sent["tags"] = _tags(fresh, ask)
    return sent


def no_room(body: Body, notes: Notes) -> str:
    """Why notes can't be written, "" if they can."""
    there, new = read.tags(body), notes.keys() - read.tags(body).keys()
    if len(there) + len(new) > TAGS:
        return f"{len(there)} of {TAGS} tags are taken, canary needs {len(new)}"
    long = next((key for key, value in notes.items() if len(value) > TAG_VALUE), "")
    return f"the note {long!r} is longer than the {TAG_VALUE} characters of a tag" if long else ""


def in_force(body: Body, ask: Wanted) -> bool:
    """Whether the endpoint has this split, and these notes, with nothing under way."""
    tags = read.tags(body)
    return (
        read.state(body).lower() == "succeeded"
        and read.same_map(read.shares(body, "traffic"), ask.live)
        and read.same_map(read.shares(body, "mirrorTraffic"), _mirror(body, ask))
        and ask.notes.items() <= tags.items()
    )


def gives_more(fresh: Body, ask: Wanted) -> bool:
    """Whether anybody but the baseline gets more than now, live or as a copy."""
    now = {name.lower(): share for name, share in read.shares(fresh, "traffic").items()}
    home = _home(fresh, ask, now)
    more = any(
        share > now.get(name.lower(), 0) for name, share in ask.live.items() if name.lower() != home
    )
    copies = {name.lower(): share for name, share in read.shares(fresh, "mirrorTraffic").items()}
    return more or any(share > copies.get(n.lower(), 0) for n, share in ask.shadow.items())


def _home(fresh: Body, ask: Wanted, now: Mapping[str, int]) -> str:
    """The baseline: as noted, else whoever has most."""
    noted = (ask.notes.get(BASELINE_NOTE) or read.tags(fresh).get(BASELINE_NOTE, "")).lower()
    known = {*now, *(name.lower() for name in ask.live)}
    return noted if noted in known else max(now, key=lambda name: now[name], default="")


def _mirror(body: Body, ask: Wanted) -> dict[str, int]:
    """The shadow asked for, else a person's own on a version the split does not speak of."""
    if ask.shadow:
        return dict(ask.shadow)
    ours = read.tags(body).get(SHADOW_TAG, "").lower()
    gone = {ours, *ask.named}
    return {n: v for n, v in read.shares(body, "mirrorTraffic").items() if n.lower() not in gone}


def _tags(fresh: Body, ask: Wanted) -> dict[str, str]:
    kept = {key: value for key, value in read.tags(fresh).items() if key != SHADOW_TAG}
    found = {**kept, **ask.notes}
    if ask.shadow:
        found[SHADOW_TAG] = next(iter(ask.shadow))
    if len(found) > TAGS and ask.goes_back:
        return kept  # no mark is worth a rollback
    if len(found) > TAGS and (ask.notes or ask.shadow):
        raise Rejected(
            f"the endpoint has {len(kept)} tags, and canary's notes would make more than {TAGS}",
            hint="remove some tags of the endpoint",
        )
    return found
