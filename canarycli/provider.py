"""The contract between canary and a cloud: few verbs, one value."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from canarycli.late_methods import dataclass
from canarycli.sense import require, require_texts
from canarycli.traffic import Traffic

if TYPE_CHECKING:
    from canarycli.metrics import Measurements, Metric, Window

RELEASE_NOTE = "canary-release"
BASELINE_NOTE = "canary-baseline"
CANDIDATE_NOTE = "canary-candidate"
RAISED_NOTE = "canary-raised"
"""The share that was asked for last, so that a raise on its way shows."""
ROLLED_BACK_NOTE = "canary-rolled-back"
"""Which release was rolled back, when, by whom."""

Notes = Mapping[str, str]
"""The endpoint's tags or labels that start with `canary-`: enough to roll back from anywhere."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a cloud can do, as data, checked before a release starts.

    Attributes:
        finest_percent: the smallest step of a share.
        shadow_up_to: the largest shadow share in percent, 0 where there is no shadow traffic.
        shadow_among: how many versions an endpoint with a shadow may have, 0 for any.
        metric_delay: points younger than this may still change or be missing.
        late_request: how long after a rollback a request that was sent before it can still land.
        usual_shift: how long a change of traffic usually takes, for what people are told.
        metrics: the built-in metric names this cloud has.
        custom_source: the word by which a custom metric names its source in canary.yaml.
        metric_period: the time one point of a metric covers.
        notes_first: whether notes are written before a raise, and not with it.
        smokes: whether one version can be asked whatever its share; the provider is a `Smoker`.
        looks_a_minute: looks that an account answers, with room for others; 0 if nobody knows.
        exact_thresholds: whether `latency_over` counts at just its threshold, not in buckets.
        beyond_5xx: what `errors` counts besides 5xx, in words; "" for nothing.
        answers: whether it measures itself what versions say, see `ANSWERS`.
    """

    finest_percent: float
    shadow_up_to: float
    metric_delay: timedelta
    late_request: timedelta
    usual_shift: timedelta
    metrics: frozenset[str]
    custom_source: str
    metric_period: timedelta = timedelta(minutes=1)
    smokes: bool = False
    notes_first: bool = False
    looks_a_minute: int = 0
    exact_thresholds: bool = True
    answers: bool = False
    shadow_among: int = 0
    beyond_5xx: str = ""

    def offers(self, metric: "Metric") -> bool:
        """Whether the judge may ask for a built-in metric besides a plan's own.

        Of counts over thresholds and histograms only for the sharper one.
        """
        duller = "latency" if self.exact_thresholds else "latency_over"
        return metric.name in self.metrics and metric.name != duller


@dataclass(frozen=True, slots=True)
class Version:
    """One deployed thing on an endpoint.

    Attributes:
        name: what the cloud knows it by and traffic is set with.
        in_service: whether it can answer requests now.
        model: the model it serves, in the cloud's words, for people and for finding it.
        instances: how many instances serve it, None where the cloud does not say.
        detail: one short phrase for people: `2 × ml.m5.xlarge`.
        state: the cloud's word for why it is not in service, "" where it is or the cloud has none.
        dead: not in service, and no waiting brings it there.
        aliases: other names people may call it by (display names, model versions).
        copied: percent of the traffic it gets a copy of by somebody's own doing, not a release's.
    """

    name: str
    in_service: bool
    model: str = ""
    instances: int | None = None
    detail: str = ""
    aliases: tuple[str, ...] = ()
    state: str = ""
    dead: bool = False
    copied: float = 0.0

    def __post_init__(self) -> None:
        require_texts(self.name, self.model, self.detail, self.state, *self.aliases)
        require(bool, self.in_service, "in_service")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One consistent look at an endpoint.

    Attributes:
        name: as the person gave it.
        versions: every version on it, idle ones too.
        traffic: the split as it *is*, not as it was asked for.
        settled: no change is under way.
        status: the cloud's own word for its state, for people.
        revision: changes whenever the endpoint does; "" where the cloud has none.
        failure: why the cloud's last change failed, "" if it did not.
        unfit: why this endpoint can't be released by traffic shares, "" if it can.
        account: whose it is, where `place` does not say so, for people.
        caseless: whether versions are the same whatever the case of their names.
        indivisible: it is of a kind whose traffic has no shares, so nothing can go back either.
        raw: what the provider needs again for `shift`; nobody else looks inside.
    """

    name: str
    versions: tuple[Version, ...]
    traffic: Traffic
    settled: bool
    status: str = ""
    revision: str = ""
    failure: str = ""
    unfit: str = ""
    account: str = ""
    caseless: bool = False
    indivisible: bool = False
    raw: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_texts(self.name, self.status, self.revision, self.failure, self.unfit)
        require(tuple, self.versions, "versions")
        require(Traffic, self.traffic, "traffic")
        require(bool, self.settled, "settled")

    def version(self, name: str) -> Version | None:
        """The version of that name, None if there is none."""
        return next((v for v in self.versions if v.name == name), None)

    def serves(self, name: str) -> bool:
        """Whether that version is there and in service."""
        version = self.version(name)
        return version is not None and version.in_service

    def find(self, word: str) -> tuple[Version, ...]:
        """The versions a person may mean by `word`: by name, else by alias or model."""
        exact = self.version(word)
        if exact is not None:
            return (exact,)
        same = tuple(v for v in self.versions if self.caseless and v.name.lower() == word.lower())
        if same:
            return same
        return tuple(v for v in self.versions if word == v.model or word in v.aliases)


class Provider(Protocol):
    """One cloud's managed endpoints and their metrics.

    Raises `ProviderError` and nothing of the cloud's own. Every call returns or raises within
    about half a minute; none retries for longer by itself, the caller does (`Patient`).
    """

    @property
    def limits(self) -> Limits:
        """What this cloud can do."""

    @property
    def place(self) -> str:
        """Where: `us-east-1`, `acme-ml/europe-west4`; the same text for the same endpoints."""

    def describe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint: versions (idle ones too), traffic, settled or not.

        Raises:
            NotFound: there is none of that name.
            Unsupported: it is of a kind that nobody can look at so.
        """

    def notes(self, seen: Endpoint) -> Notes:
        """What canary wrote on the endpoint, {} if nothing.

        Raises:
            Denied: it may not be read; a release goes on without where it could never be.
        """

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Ask for a split and return at once, without waiting until it is in place.

        Returns the cloud's own id of the request, for its logs and its support, "" for none.
        Idempotent. `notes` are written with it (before it, where the cloud needs a call of its
        own and traffic is raised; after it, where it is lowered); empty notes leave the ones
        there as they are. Versions not named in `to` get 0 and stay deployed. On the way no version
        has more than before and after. `raises`: the candidate gets more than in `seen`; where it
        does not and one version gets everything, a look out of date is no reason to refuse.

        Raises:
            Conflict: the endpoint is not as in `seen`, or another change is under way.
        """

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: "Collection[Metric]",
        window: "Window",
    ) -> "Measurements":
        """The points of each metric on each version, by version name and `Metric.key`.

        Only whole periods inside the window, the oldest first, in the unit of `Metric.unit`. No
        data is an empty series or none at all, never zero and never an error, as it is of a
        version that is not there.

        Raises:
            Unsupported: this cloud has no such metric, or its `source` makes no sense.
        """

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """The cloud's own command line, to paste, for this split, its shares of 0 too; no call."""


@runtime_checkable
class Naming(Protocol):
    """A provider class whose cloud calls one endpoint by several names."""

    @staticmethod
    def placed(
        name: str, settings: Mapping[str, Any], env: Mapping[str, str], /
    ) -> tuple[str, Mapping[str, Any]]:
        """The short name in a full one, and the settings with the place it says; no call.

        Raises:
            UsageError: the name says another place than the settings.
        """

    def one_name(self, endpoint: str, /) -> str:
        """The text that is the same for whatever name one endpoint is called by."""


@runtime_checkable
class Deployer(Protocol):
    """A provider that can also bring a candidate in and take an idle version away."""

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for `model` to be deployed like the version `like`, with no traffic.

        Returns at once with the name the new version will have. Idempotent for one `release`.
        It is there when `describe(...)` shows it in service with the endpoint settled.
        """

    def retire(self, seen: Endpoint, version: str) -> None:
        """Ask for an idle version to be removed. Refused (`Conflict`) while it has traffic."""


@runtime_checkable
class Detailed(Protocol):
    """A provider that can look closer than `describe`, for a call more that no way back needs."""

    def details(self, endpoint: str) -> Endpoint:
        """Look as `describe` does, with every model, machine and reason to be unfit there is."""


@runtime_checkable
class Glancing(Protocol):
    """A provider whose `describe` makes calls besides that which tells and takes the split."""

    def glance(self, endpoint: str) -> Endpoint:
        """Look by the one call that no way back can do without; what it names counts as serving."""


@runtime_checkable
class Reporting(Protocol):
    """A provider that can say how far a change that takes minutes is."""

    def progress(self, seen: Endpoint) -> str:
        """Where a deployment is, in words for people; "" if none is under way."""


@runtime_checkable
class Warming(Protocol):
    """A provider whose versions are scaled by their load, and that can hold an idle one."""

    def keep_warm(self, seen: Endpoint, version: str, release: str) -> bool:
        """Let a version have no fewer instances than now; False if it does not scale."""

    def let_cool(self, seen: Endpoint, version: str) -> bool:
        """Undo `keep_warm`; False if there is nothing to undo."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was looked at before anything depends on it.

    Attributes:
        name: `identity`, `clock`, a permission in the cloud's own spelling, or a metric.
        ok: whether it is fine; None where it could not be told.
        detail: what was found, for people.
        hints: how to go on where it is not fine; a warning where it is.
    """

    name: str
    ok: bool | None
    detail: str
    hints: tuple[str, ...] = ()


class Doctor(Protocol):
    """Looks at everything a release depends on, by calls that change nothing."""

    def identity(self) -> Iterator[Probe]:
        """Who the credentials belong to, and how long they last."""

    def permissions(self, endpoint: str, *, deploys: bool = False) -> Iterator[Probe]:
        """Each permission a release needs; with `deploys` those to bring a candidate in too.

        Raises:
            ProviderError: the endpoint can't even be looked at.
        """

    def metrics(
        self, endpoint: str, versions: Collection[str], metrics: "Collection[Metric]", now: datetime
    ) -> Iterator[Probe]:
        """The newest point of each metric on each version."""


@runtime_checkable
class Inspector(Protocol):
    """A provider that comes with a doctor."""

    @property
    def doctor(self) -> Doctor:
        """Who looks."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one version answered to one request.

    Attributes:
        version: who answered.
        body: the answer as it came.
        content_type: of the answer, "" where the version does not say.
        seconds: how long it took.
        status: the HTTP status of the model's own answer.
    """

    version: str
    body: bytes
    content_type: str
    seconds: float
    status: int = 200


@runtime_checkable
class Smoker(Protocol):
    """A provider that can send a request to one version whatever its share."""

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json", /
    ) -> Reply:
        """One request to one version, and its answer, an error of the model's included.

        Raises:
            Rejected: another version answered, or none.
        """
