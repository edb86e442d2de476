"""Retries for any provider: the one place where a cloud is asked again."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from canarycli.clock import Clock
from canarycli.engine.blame import known
from canarycli.engine.sound import looked, of_kind, sound_measurements, sound_notes, sound_request
from canarycli.errors import (
    Broken,
    CanaryError,
    Denied,
    Late,
    ProviderError,
    Unavailable,
    Unsupported,
)
from canarycli.late_methods import dataclass
from canarycli.provider import (
    Deployer,
    Detailed,
    Endpoint,
    Glancing,
    Limits,
    Notes,
    Provider,
    Reply,
    Reporting,
    Smoker,
    Warming,
)
from canarycli.registry import ALIASES, OURS, described, missing
from canarycli.traffic import Traffic
from canarycli.verbs import offers

if TYPE_CHECKING:
    from canarycli.files import Files, Say, Uploaded
    from canarycli.metrics import Measurements, Metric, Window
    from canarycli.preview import Preview

T = TypeVar("T")

PATIENCE = timedelta(seconds=30)
"""How long a cloud that gives no answer is asked again."""

SHORTEST = 0.2
"""Seconds before the second try."""

LIMIT = 30.0
"""Seconds a package of somebody else's may take to answer: its client may have no limit."""


def _nobody(_: ProviderError) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A provider that asks again when the cloud gives no answer, for `patience` at most.

    Only `Unavailable` is retried, with growing, jittered pauses; a pause the cloud asks for is
    kept. Everything else passes through at once. It has every verb there is; whether the provider
    has it too is asked of `provider`. Whatever else a provider raises is `Broken`, and names it.

    Attributes:
        who: what to call the provider where it is to blame; asked only then.
        ours: it comes with canary: what it trips over is an answer of its cloud.
        limit: seconds one call may take, None where the provider keeps to one by itself.
        failed: hears why a question has to be asked again, before it is.
        lacks: what to say where a package of the cloud is not installed, see `blame`.
        around: what each question is asked within, all its tries included.
    """

    provider: Provider
    clock: Clock
    patience: timedelta = PATIENCE
    who: Callable[[], str] = lambda: "the provider"
    ours: bool = False
    limit: float | None = None
    failed: Callable[[ProviderError], None] = _nobody
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    lacks: Callable[[ModuleNotFoundError], CanaryError] | None = None

    @property
    def at_once(self) -> "Patient":
        """The same for what can be done without: asked for once."""
        return replace(self, patience=timedelta(0), failed=_nobody)

    @property
    def limits(self) -> Limits:
        """What this cloud can do."""
        return self._known(lambda: of_kind(Limits, self.provider.limits, "limits"))

    @property
    def place(self) -> str:
        """Where the provider's endpoints are."""
        return self._known(lambda: self.provider.place)

    def describe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint."""
        return self._ask(lambda: looked(self.provider.describe(endpoint), "describe"))

    def details(self, endpoint: str) -> Endpoint:
        """Look as closely as this provider can."""
        if not offers(self.provider, Detailed):
            return self.describe(endpoint)
        closely = self.provider.details
        return self._ask(lambda: looked(closely(endpoint), "details"))

    def look_back(self, endpoint: str) -> Endpoint:
        """Look for a way back: what it can do without is asked for once."""
        if not offers(self.provider, Glancing):
            return self.describe(endpoint)
        glance = self.provider.glance
        try:
            return self.at_once.describe(endpoint)
        except (Denied, Unavailable) as error:
            self.failed(error)
            return self._ask(lambda: looked(glance(endpoint), "glance"))

    def notes(self, seen: Endpoint) -> Notes:
        """What canary wrote on the endpoint."""
        return self._ask(lambda: sound_notes(self.provider.notes(seen)))

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Ask for a split; going back is idempotent, so a lost answer is asked for again.

        A raise is asked for once: somebody may have rolled back meanwhile.
        """
        ask = self._once if raises else self._ask
        shift = self.provider.shift
        return ask(lambda: sound_request(shift(seen, to, dict(notes), raises=raises)))

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: "Collection[Metric]",
        window: "Window",
    ) -> "Measurements":
        """The points of each metric on each version in the window, the baseline named first.

        Metrics that name a source are asked of it, side by side with the cloud; one that fails
        is in `Measurements.failed`.
        """
        sourced = [metric for metric in metrics if metric.origin is not None]
        if not sourced:
            return self._measure(endpoint, versions, metrics, window)
        # Here and not above, so that a rollback loads no source.
        from canarycli.engine.sources import arms_of, ask, beside
        from canarycli.metrics import Measurements

        patient = replace(self, patience=self.patience / 2, who=lambda: "it")
        asked = ask(self.provider, arms_of(endpoint, versions), sourced, window, patient.ask)
        own = [metric for metric in metrics if metric.origin is None]
        measured = (
            self._measure(endpoint, versions, own, window)
            if own
            else Measurements(window, self.clock.now(), {})
        )
        return beside(measured, asked)

    def _measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: "Collection[Metric]",
        window: "Window",
    ) -> "Measurements":
        if self.ours:
            return self._ask(lambda: self.provider.measure(endpoint, versions, metrics, window))
        # Copies: what is asked is the record's own, and is asked again at the next look.
        arms = tuple(versions)
        asked = tuple(replace(one, source=deepcopy(dict(one.source))) for one in metrics)
        return self._ask(
            lambda: sound_measurements(self.provider.measure(endpoint, arms, asked, window))
        )

    def values(
        self,
        endpoint: str,
        version: str,
        metric: "Metric",
        window: "Window",
    ) -> Mapping[str, float]:
        """The part of a version's requests that has each value of a metric's field."""
        from canarycli.engine.sources import arms_of, values_of

        arms = arms_of(endpoint, [version])
        return self._ask(lambda: values_of(self.provider, arms, metric, window))

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a candidate to be brought in; idempotent for one release.

        Raises:
            Unsupported: this provider can't.
        """
        deployer = _deployer(self.provider, f"no version {model!r} on {seen.name!r}")
        return self._ask(lambda: deployer.deploy(seen, model, like, options, release))

    def preview(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]
    ) -> "Preview | None":
        """What deploying would do, None where this provider or its permissions can't say."""
        from canarycli.preview import Previewer

        if not offers(self.provider, Previewer):
            return None
        preview = self.provider.preview
        try:
            return self._ask(lambda: preview(seen, model, like, options))
        except Denied:
            return None

    def upload(
        self, seen: Endpoint, files: "Files", say: "Say"
    ) -> "AbstractContextManager[Uploaded]":
        """Make a model of a person's files, tried once: it repeats its parts by itself.

        Raises:
            Unsupported: this provider can't.
        """
        from canarycli.files import Uploader

        if not offers(self.provider, Uploader):
            raise Unsupported(
                f"no model can be made of {files.source!r} here",
                hint="register it with the cloud's own tools, and name it with --new-model",
            )
        return self.provider.upload(seen, files, say)

    def no_room(self, seen: Endpoint, notes: Notes) -> str:
        """Why notes can't be written, "" where they can or nobody can say."""
        from canarycli.preview import Roomy

        if not offers(self.provider, Roomy):
            return ""
        full = self.provider.no_room
        try:
            return self._ask(lambda: full(seen, notes))
        except Denied:
            return ""

    def try_notes(self, seen: Endpoint) -> None:
        """Ask whether notes may be written, where that can be asked.

        Raises:
            Denied: they may not.
        """
        from canarycli.preview import Trying

        if offers(self.provider, Trying):
            may = self.provider.try_notes
            self._ask(lambda: may(seen))

    def retire(self, seen: Endpoint, version: str) -> None:
        """Ask for an idle version to be removed.

        Raises:
            Unsupported: this provider can't.
        """
        deployer = _deployer(self.provider, f"can't remove {version!r} from {seen.name!r}")
        self._ask(lambda: deployer.retire(seen, version))

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """Send one request to one version; one that gets no answer is sent again.

        Raises:
            Unsupported: this provider can't.
        """
        if not offers(self.provider, Smoker):
            raise Unsupported(f"can't ask version {version!r} of {endpoint!r} by itself")
        ask = self.provider.smoke
        return self._ask(lambda: ask(endpoint, version, body, content_type))

    def progress(self, seen: Endpoint) -> str:
        """How far a deployment is, "" where the provider can't say."""
        provider = self.provider
        return self._ask(lambda: provider.progress(seen)) if offers(provider, Reporting) else ""

    def keep_warm(self, seen: Endpoint, version: str, release: str) -> bool:
        """Hold an idle version's instances, asked once: no release waits for it."""
        provider = self.provider
        if not offers(provider, Warming):
            return False
        return self._once(lambda: provider.keep_warm(seen, version, release))

    def let_cool(self, seen: Endpoint, version: str) -> bool:
        """Undo `keep_warm`, asked once."""
        provider = self.provider
        if not offers(provider, Warming):
            return False
        return self._once(lambda: provider.let_cool(seen, version))

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """The cloud's own command line for this split."""
        try:
            return self._known(lambda: self.provider.plain_command(endpoint, to))
        except CanaryError:  # it is shown where something else went wrong already
            return f"set the traffic of {endpoint} to {to} with the cloud's own tools"

    def ask(self, call: Callable[[], T]) -> T:
        """Any other question to the cloud, asked again in the same way."""
        return self._ask(call)

    def _ask(self, call: Callable[[], T]) -> T:
        with self.around():
            try:
                return self._once(call)
            except Broken:
                raise
            except Unavailable as error:
                self.failed(error)
                return self._ask_again(call, error)

    def _once(self, call: Callable[[], T]) -> T:
        limit = self.limit
        return self._known(call if limit is None else lambda: self._in_time(call, limit))

    def _known(self, call: Callable[[], T]) -> T:
        return known(call, self.who, self.lacks, ours=self.ours)

    def _in_time(self, call: Callable[[], T], limit: float) -> T:
        # Here and not above: our own providers have no need of threads.
        from canarycli.engine.within import within

        return within(
            call,
            limit,
            lambda: Late(
                f"{self.who()} gave no answer in {limit:g} s",
                hint="its client sets no time limit of its own: report it to whoever made it",
            ),
        )

    def _ask_again(self, call: Callable[[], T], first: Unavailable) -> T:
        # Most calls are answered at once, and a rollback should not wait for this import.
        import tenacity

        end = self.clock.now() + self.patience
        growing = tenacity.wait_exponential_jitter(initial=0.4, max=5, jitter=0.2)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            return max(growing(state), getattr(error, "after", None) or 0.0)

        def too_late(state: tenacity.RetryCallState) -> bool:
            return self.clock.now() + timedelta(seconds=state.upcoming_sleep) > end

        pause = max(SHORTEST, first.after or 0.0)
        if timedelta(seconds=pause) > self.patience:
            raise first
        self.clock.sleep(pause)
        again = tenacity.retry_if_exception(_may_pass)
        return tenacity.Retrying(
            retry=again, wait=wait, stop=too_late, sleep=self.clock.sleep, reraise=True
        )(lambda: self._once(call))


def patient_with(
    name: str,
    provider: Provider,
    clock: Clock,
    patience: timedelta = PATIENCE,
    around: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Patient:
    """A provider of that name; one of somebody else's is timed, looked over and blamed by it."""
    ours = name in OURS or name in ALIASES
    return Patient(
        provider,
        clock,
        patience,
        who=lambda: described(name),
        ours=ours,
        limit=None if ours else LIMIT,
        around=around,
        lacks=partial(missing, name) if ours else None,
    )


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Unavailable) and not isinstance(error, Broken)


def _deployer(provider: Provider, message: str) -> Deployer:
    if offers(provider, Deployer):
        return provider
    raise Unsupported(message, hint="this provider can't do it for you: use the cloud's own tools")
