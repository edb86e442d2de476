"""SageMaker as a provider: weights for traffic, tags for notes, CloudWatch for metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from canarycli.errors import NotFound, ProviderError, Unsupported
from canarycli.provider import Endpoint, Limits, Notes, Reply
from canarycli.sense import sensible
from canarycli.traffic import Traffic
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.command import plain_command
from canarycli_sagemaker.configs import Configs
from canarycli_sagemaker.endpoint import read_endpoint
from canarycli_sagemaker.keys import KEYS
from canarycli_sagemaker.links import links
from canarycli_sagemaker.naming import account_of, placed
from canarycli_sagemaker.notes import Tags
from canarycli_sagemaker.offered import CUSTOM_SOURCE, METRICS
from canarycli_sagemaker.raw import Look
from canarycli_sagemaker.settings import MINUTE, Settings
from canarycli_sagemaker.traffic import Shifter
from canarycli_sagemaker.undone import Asks

if TYPE_CHECKING:
    from canarycli.batch import Reading
    from canarycli.files import Files, Say, Uploaded
    from canarycli.kept import Kept
    from canarycli.labels import Label
    from canarycli.metrics import Measurements, Metric, Window
    from canarycli.permissions import Needs
    from canarycli.preview import Listed, Preview
    from canarycli.recorder import Answer, Budget, Recording
    from canarycli_sagemaker.autoscaling import Autoscaling
    from canarycli_sagemaker.deploy import Fleet
    from canarycli_sagemaker.doctor import Doctor
    from canarycli_sagemaker.monitoring import Question
    from canarycli_sagemaker.warmth import Warmth

BEYOND_5XX = "time-outs and broken connections"


class SageMaker:
    """The SageMaker endpoints of one AWS account in one region.

    What the way back does not need is imported when it is first used.

    Args:
        settings: `profile`, `region`, `metric_delay`, `metric_period` (timedeltas); all may be
            left out. Credentials come from AWS's own chain, never from here.
        client: a botocore SageMaker client to use instead of one made from the settings.
    """

    def __init__(self, settings: Mapping[str, Any], *, client: Any = None) -> None:
        self.settings = Settings.parse(settings)
        self.clients = Clients(self.settings, client)
        self.configs = Configs(self.clients)
        self.tags = Tags(self.clients)
        self.asks = Asks()
        self._names: dict[str, str] = {}

    @cached_property
    def fleet(self) -> Fleet:
        """Variants that come and go."""
        from canarycli_sagemaker.deploy import Fleet

        return Fleet(self.clients, self.configs, self.tags, self.describe, self.asks)

    @cached_property
    def autoscaling(self) -> Autoscaling:
        """Variants that scale by themselves."""
        from canarycli_sagemaker.autoscaling import Autoscaling

        return Autoscaling(self.clients)

    @cached_property
    def warmth(self) -> Warmth:
        """Idle variants that must not be scaled away."""
        from canarycli_sagemaker.warmth import Warmth

        return Warmth(self.autoscaling, self.tags)

    @cached_property
    def _captured(self) -> Kept[Answer]:
        from canarycli.kept import Kept

        return Kept()

    @cached_property
    def _truth(self) -> Kept[Label]:
        from canarycli.kept import Kept

        return Kept()

    @cached_property
    def doctor(self) -> Doctor:
        """Who looks at identity, permissions and metrics."""
        from canarycli_sagemaker.doctor import Doctor

        return Doctor(self.clients, self.describe, self.measure)

    keys = staticmethod(lambda: KEYS)

    @property
    def limits(self) -> Limits:
        """What SageMaker can do.

        A signed request is good for five minutes; half a minute more is for clocks that differ.
        """
        return Limits(
            finest_percent=0.01,
            shadow_up_to=100,
            shadow_among=2,
            metric_delay=self.settings.metric_delay,
            late_request=timedelta(seconds=330),
            usual_shift=timedelta(seconds=60),
            metrics=METRICS,
            custom_source=CUSTOM_SOURCE,
            metric_period=self.settings.metric_period or MINUTE,
            smokes=True,
            notes_first=True,
            beyond_5xx="" if self.settings.errors == "errors_5xx" else BEYOND_5XX,
        )

    @property
    def place(self) -> str:
        """The region."""
        return self.clients.region

    @staticmethod
    def placed(
        name: str, settings: Mapping[str, Any], _env: Mapping[str, str]
    ) -> tuple[str, Mapping[str, Any]]:
        """The name in an ARN, and its region and account; see `Naming.placed`."""
        return placed(name, settings)

    def one_name(self, endpoint: str) -> str:
        """The name in lower case: two endpoints of one region can't differ in that alone."""
        return endpoint.lower()

    @sensible("listing endpoints")
    def endpoints(self) -> list[Listed]:
        """The endpoints of the account in the region, by name: ListEndpoints, page by page."""
        from canarycli.preview import Listed

        asked: dict[str, Any] = {"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 100}
        found: list[Listed] = []
        while True:
            doing = f"list the endpoints of {self.place}"
            with self.clients.asking(doing):
                answer = self.clients.sagemaker.list_endpoints(**asked)
            listed = checked(answer, doing, "Endpoints")["Endpoints"]
            names = [str(one["EndpointName"]) for one in listed]
            found += (Listed(name, name) for name in names)
            if not answer.get("NextToken") or not names:
                return found
            asked["NextToken"] = answer["NextToken"]

    @sensible("looking at an endpoint")
    def describe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint: one DescribeEndpoint.

        Models and instance types are there once `details` has read the endpoint's config.
        """
        answer = self._answer(endpoint)
        return self._read(self._name(endpoint), answer)

    @sensible("looking closely at an endpoint")
    def details(self, endpoint: str) -> Endpoint:
        """Look closely: models, instance types, and what makes the endpoint unfit.

        One DescribeEndpointConfig more than `describe`, the first time for each config. One that
        somebody deleted is done without: weights need no config.
        """
        answer = self._answer(endpoint)
        if config := str(answer.get("EndpointConfigName", "")):
            with suppress(NotFound):
                self.configs.read(config)
        return self._read(self._name(endpoint), answer)

    def _answer(self, endpoint: str) -> dict[str, Any]:
        name = self._name(endpoint)
        doing = f"look at endpoint {name!r}"
        try:
            with self.clients.asking(doing):
                answer = self.clients.sagemaker.describe_endpoint(EndpointName=name)
        except NotFound as error:
            from canarycli_sagemaker.lookup import near_names, not_found

            near = near_names(self.endpoints, name)
            if len(near) != 1 or near[0] == name or near[0].lower() != name.lower():
                raise not_found(endpoint, self.place, near) from error
            self._names[endpoint] = near[0]
            return self._answer(endpoint)
        answer = checked(answer, doing, "EndpointArn", "EndpointStatus")
        self._refuse_elsewhere(endpoint, str(answer["EndpointArn"]))
        return answer

    def _read(self, endpoint: str, answer: Mapping[str, Any]) -> Endpoint:
        config = str(answer.get("EndpointConfigName", ""))
        self.configs.note(endpoint, config)
        asked = self.asks.expected(endpoint, config)
        return read_endpoint(endpoint, answer, self.configs.known(config), asked)

    @sensible("reading notes")
    def notes(self, seen: Endpoint) -> Notes:
        """The endpoint's tags that start with `canary-`."""
        return self.tags.read(seen.raw.arn)

    @sensible("counting notes")
    def no_room(self, seen: Endpoint, notes: Notes) -> str:
        """Whether the endpoint's tags leave room for notes; see `Roomy.no_room`."""
        return self.tags.no_room(seen.raw.arn, notes)

    @sensible("trying to write notes")
    def try_notes(self, seen: Endpoint) -> None:
        """Whether the endpoint may be tagged; see `Trying.try_notes`."""
        self.tags.try_out(seen.raw.arn)

    @sensible("shifting traffic")
    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split; see `Provider.shift`.

        Live shares are one UpdateEndpointWeightsAndCapacities. A shadow that comes, changes or
        goes is an UpdateEndpoint, which takes minutes.
        """
        shifter = Shifter(self.clients, self.tags, self.describe, self._mirror)
        return shifter.shift(seen, to, notes, raises=raises)

    @sensible("reading metrics")
    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """All metrics of all versions in one GetMetricData."""
        from canarycli.batch import Reading
        from canarycli_sagemaker.monitoring import measure

        reading = Reading(self._name(endpoint), tuple(versions), tuple(metrics), window)
        return measure(self.clients, self._question(reading))

    @sensible("reading metrics")
    def measure_many(self, readings: Sequence[Reading]) -> tuple[Measurements | ProviderError, ...]:
        """All metrics of many endpoints, 500 statistics a GetMetricData; see `Batching`."""
        from canarycli_sagemaker.monitoring import measure_many

        return measure_many(self.clients, [self._question(reading) for reading in readings])

    def full(self, readings: Sequence[Reading]) -> bool:
        """Whether one more would take another GetMetricData."""
        from canarycli_sagemaker.monitoring import is_full

        return is_full([self._question(reading) for reading in readings])

    @staticmethod
    def links(endpoint: str, place: str, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """The cloud's pages of an endpoint; see `Linking`."""
        return links(endpoint, place, settings)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """The aws command line for a split."""
        return plain_command(self._name(endpoint), to, self.settings)

    @sensible("deploying a model")
    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Bring a SageMaker model in as an idle variant; see `Fleet.deploy`."""
        return self.fleet.deploy(seen, model, like, options, release)

    @sensible("looking at a model")
    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """What `deploy` would do; see `Fleet.preview`."""
        return self.fleet.preview(seen, model, like, options)

    def upload(self, seen: Endpoint, files: Files, say: Say) -> AbstractContextManager[Uploaded]:
        """Make a model of a person's files; see `Fleet.upload`."""
        return self.fleet.upload(seen, files, say)

    @sensible("removing a version")
    def retire(self, seen: Endpoint, version: str) -> None:
        """Remove an idle variant; see `Fleet.retire`."""
        self.fleet.retire(seen, version)

    @sensible("holding a version's instances")
    def keep_warm(self, seen: Endpoint, version: str, release: str) -> bool:
        """Hold an autoscaled variant at the instances it has; see `Warmth.keep`."""
        return self.warmth.keep(seen, version, release)

    @sensible("letting go of a version's instances")
    def let_cool(self, seen: Endpoint, version: str) -> bool:
        """Give an autoscaled variant its minimum back; see `Warmth.let_go`."""
        return self.warmth.let_go(seen, version)

    @sensible("looking at a deployment")
    def progress(self, seen: Endpoint) -> str:
        """Where a change of variants is that takes minutes; "" if there is none. No call."""
        look: Look = seen.raw
        if not look.pending_config:
            return ""
        steps = f" ({', '.join(look.steps)})" if look.steps else ""
        return f"going over to config {look.pending_config}{steps}"

    @sensible("asking a version")
    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """One request to one version, whatever its share; see `Smoker.smoke`."""
        from canarycli_sagemaker.smoke import invoke

        return invoke(self.clients, self._name(endpoint), version, body, content_type)

    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        """Whether data capture is on; see `Recorder.recording`."""
        from canarycli_sagemaker.capture import recording_of

        answer = self._answer(endpoint)
        kept = recording_of(answer)
        return {variant["VariantName"]: kept for variant in answer.get("ProductionVariants") or []}

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        """What data capture kept on S3; see `Recorder.answers`."""
        from canarycli_sagemaker.capture import captured, recording_of

        return captured(
            self.clients,
            endpoint,
            versions,
            window,
            recording=recording_of(self._answer(endpoint)),
            budget=budget,
            kept=self._captured,
        )

    def labels(
        self, spec: Mapping[str, Any], _keys: Collection[str], window: Window
    ) -> Iterator[Label]:
        """Ground truth on S3, in the form of SageMaker's own monitors; see `Labelling.labels`."""
        from canarycli_sagemaker.truth import truth

        return truth(self.clients, spec, window, self._truth)

    @staticmethod
    def check_candidate(options: Mapping[str, Any]) -> None:
        """Whether `candidate:` makes sense; see `Checking`."""
        from canarycli_sagemaker.file import check_candidate

        check_candidate(options)

    @staticmethod
    def least_policy(settings: Mapping[str, Any], endpoint: str, needs: Needs) -> dict[str, Any]:
        """An IAM policy for one endpoint; see `Permitted.least_policy`."""
        from canarycli_sagemaker.policy import policy_for

        return policy_for(settings, endpoint, needs)

    def _question(self, reading: Reading) -> Question:
        from canarycli_sagemaker.monitoring import Question

        period = self._period(reading.endpoint)
        name, errors = reading.endpoint, self.settings.errors
        return Question(name, reading.versions, reading.metrics, reading.window, period, errors)

    def _mirror(self, seen: Endpoint, to: Traffic) -> None:
        self.fleet.mirror(seen, to)

    def _period(self, endpoint: str) -> timedelta:
        if self.settings.metric_period is not None:
            return self.settings.metric_period
        config = self.configs.of_endpoint(endpoint)
        published = config.publishes_every if config is not None else None
        return min(MINUTE, published or MINUTE)

    def _refuse_elsewhere(self, endpoint: str, arn: str) -> None:
        asked, there = self.settings.account, account_of(arn)
        if asked and there and asked != there:
            raise Unsupported(
                f"endpoint {endpoint!r} was named in account {asked}, and these credentials are "
                f"for {there}",
                hint="sign in to the other account, or name the endpoint without its ARN",
            )

    def _name(self, endpoint: str) -> str:
        """The name in the case it was made with, where another one was tried in vain."""
        return self._names.get(endpoint, endpoint)
