"""Changes which variants an endpoint has: UpdateEndpoint, and telling whether it came true.

UpdateEndpoint replaces every instance and takes minutes. It undoes itself in silence: an endpoint
that is `InService` again on its old config has refused the new one, with a reason or without.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from botocore.validate import ParamValidator

from canarycli.errors import (
    Conflict,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
    Unsupported,
    UsageError,
)
from canarycli.files import FILE, Files, Say, Uploaded, without_files
from canarycli.late_methods import dataclass
from canarycli.preview import Preview
from canarycli.provider import CANDIDATE_NOTE, RELEASE_NOTE, Endpoint, Notes
from canarycli.traffic import TOLERANCE, Traffic, percent
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.autoscaling import Autoscaling
from canarycli_sagemaker.blueprint import (
    Candidate,
    config_name,
    content_mark,
    model_name,
    same_fleet,
    with_candidate,
    with_shadow,
    without,
    without_shadow,
)
from canarycli_sagemaker.configs import Configs, EndpointConfig
from canarycli_sagemaker.file import Blueprint, plan
from canarycli_sagemaker.local import refuse_without_boto3, upload
from canarycli_sagemaker.notes import Tags
from canarycli_sagemaker.raw import Look
from canarycli_sagemaker.refusals import AlreadyThere
from canarycli_sagemaker.traffic import under_way
from canarycli_sagemaker.undone import Asked, Asks

ASKED_TAG = "canary-asked"
"""On a config: UpdateEndpoint took it once, so an endpoint that is not on it has gone back."""

NEW_WEIGHTS = [{"VariantPropertyType": "DesiredWeight"}]
"""With RetainAllVariantProperties: keep instance counts, take the config's weights."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The variants of endpoints."""

    clients: Clients
    configs: Configs
    tags: Tags
    describe: Callable[[str], Endpoint]
    asks: Asks

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Bring a SageMaker model in as a variant at weight 0; see `Deployer.deploy`.

        An idle variant that serves the model already is the candidate, and nothing is done.

        Raises:
            Conflict: a variant with traffic serves the model already.
            Rejected: SageMaker has already undone this release's deployment.
        """
        look: Look = seen.raw
        wanted, model = config_name(seen.name, release), model_name(model, look.arn)
        if wanted in {look.config_name, look.pending_config}:
            return self._candidate_of(wanted, model)
        _refuse_unless_calm(seen)
        base = self.configs.read(look.config_name)
        if base.components or seen.unfit:
            why = seen.unfit or "it runs inference components"
            raise Unsupported(f"can't deploy a second variant on {seen.name!r}: {why}")
        if (there := _served_by(seen, base, model)) is not None:
            return there
        name = _free_name(seen, model, release)
        candidate = Candidate.parse(name, model, options)
        request = with_candidate(base.answer, look, like, candidate)
        notes = {RELEASE_NOTE: release, CANDIDATE_NOTE: name}
        if self._make(wanted, request, notes) or not self._goes_there(seen.name, wanted):
            self._move(seen, wanted)
        return name

    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """What `deploy` would do, with every refusal that needs no write.

        Raises:
            NotFound: there is no such model, or the endpoint's config is gone.
            Unsupported: there is no room, or the variant `like` can't be copied.
        """
        if FILE in options:
            return self._preview_files(seen, Files(model, like, options, "r-0"))
        look: Look = seen.raw
        name = model_name(model, look.arn)
        doing = f"find model {name!r}"
        with self.clients.asking(doing):
            found = self.clients.sagemaker.describe_model(ModelName=name)
        checked(found, doing, "ModelArn")
        base = self.configs.read(look.config_name)
        there = [v.name for v in base.variants.values() if v.model == name]
        if not there:
            candidate = Candidate.parse(_free_name(seen, name, "r-0"), name, options)
            self._check_shape(with_candidate(base.answer, look, like, candidate))
        return Preview(name, min(there, key=lambda one: one == like, default=""))

    def _preview_files(self, seen: Endpoint, files: Files) -> Preview:
        wanted = self._blueprint(seen, files)
        refuse_without_boto3(files.source)
        base = self.configs.read(seen.raw.config_name)
        candidate = Candidate.parse(wanted.name, wanted.name, without_files(files.options))
        self._check_shape(with_candidate(base.answer, seen.raw, files.like, candidate))
        return Preview(files.word, upload=wanted.artifact.words)

    def _check_shape(self, request: Mapping[str, Any]) -> None:
        """Look at a config as AWS's own client does before it sends one.

        Raises:
            UsageError: a field that AWS has not, or a value that none of its fields can have.
        """
        api = self.clients.sagemaker.meta.service_model
        shape = api.operation_model("CreateEndpointConfig").input_shape
        report = ParamValidator().validate({"EndpointConfigName": "x", **request}, shape)
        if report.has_errors():
            raise UsageError(
                "AWS takes no such variant",
                facts=report.generate_report().splitlines(),
                hint="candidate.variant is in the words of AWS's ProductionVariant",
            )

    @contextmanager
    def upload(self, seen: Endpoint, files: Files, say: Say) -> Iterator[Uploaded]:
        """Make a model of a person's files; see `Uploader.upload`."""
        wanted = self._blueprint(seen, files)
        with upload(self.clients, wanted, files.release, say) as uploaded:
            yield uploaded

    def _blueprint(self, seen: Endpoint, files: Files) -> Blueprint:
        base = self.configs.read(seen.raw.config_name)
        if files.like not in base.variants:
            raise NotFound(f"there is no variant {files.like!r} to deploy like")
        return plan(self.clients, seen.name, base.variants[files.like].model, files)

    def retire(self, seen: Endpoint, version: str) -> None:
        """Remove an idle variant; see `Deployer.retire`."""
        look: Look = seen.raw
        if seen.version(version) is None:
            return
        _refuse_if_needed(seen, version)
        _refuse_unless_calm(seen)
        base = self.configs.read(look.config_name)
        request = without(base.answer, look, version)
        wanted = config_name(seen.name, content_mark(request))
        self._make(wanted, request, {})
        with Autoscaling(self.clients).set_aside(seen.name, version):
            self._move(seen, wanted)

    def mirror(self, seen: Endpoint, to: Traffic) -> None:
        """Begin, change or end a shadow: its variant and the production ones trade places."""
        look: Look = seen.raw
        base = self.configs.read(look.config_name)
        change = with_shadow if to.shadow else without_shadow
        request = change(base.answer, to)
        wanted = config_name(seen.name, content_mark(request))
        if wanted in {look.config_name, look.pending_config}:
            return
        _refuse_unless_calm(seen)
        now = self.describe(seen.name)
        if now.raw.pending_config != wanted and now.revision != seen.revision:
            raise Conflict(f"endpoint {seen.name!r} changed since it was looked at")
        self._make(wanted, request, {})
        self._move(seen, wanted, weights_anew=True)

    def forget(self, endpoint: str, config: str) -> bool:
        """Delete a config of a finished release; False, and nothing done, while it is in use.

        Only configs that canary made are deleted.
        """
        look: Look = self.describe(endpoint).raw
        if config in {look.config_name, look.pending_config}:
            return False
        arn = str(self.configs.read(config).answer.get("EndpointConfigArn", ""))
        if not self.tags.read(arn):
            return False
        with self.clients.asking(f"delete endpoint config {config!r}"):
            self.clients.sagemaker.delete_endpoint_config(EndpointConfigName=config)
        return True

    def _make(self, name: str, request: Mapping[str, Any], notes: Notes) -> bool:
        """Create a config; False if it is there already, as it should be.

        One of that name on another base is from before somebody changed the endpoint: made anew.
        """
        doing = f"create endpoint config {name!r}"
        tags = [{"Key": k, "Value": v} for k, v in ({RELEASE_NOTE: "-"} | dict(notes)).items()]
        create = self.clients.sagemaker.create_endpoint_config
        try:
            with self.clients.asking(doing):
                answer = create(EndpointConfigName=name, Tags=tags, **request)
            checked(answer, doing, "EndpointConfigArn")
        except AlreadyThere:
            there = self.configs.read(name)
            if same_fleet(there.answer, request):
                return False
            with self.clients.asking(f"delete endpoint config {name!r}"):
                self.clients.sagemaker.delete_endpoint_config(EndpointConfigName=name)
            self.configs.drop(name)
            with self.clients.asking(doing):
                create(EndpointConfigName=name, Tags=tags, **request)
        return True

    def _goes_there(self, endpoint: str, config: str) -> bool:
        """Whether the endpoint is on its way to a config that was there before.

        Raises:
            Rejected: it was, and SageMaker took it back.
        """
        now = self.describe(endpoint)
        look: Look = now.raw
        if config in {look.config_name, look.pending_config}:
            return True
        arn = str(self.configs.read(config).answer.get("EndpointConfigArn", ""))
        if ASKED_TAG in self.tags.read(arn):
            raise Rejected(
                f"SageMaker took endpoint {endpoint!r} back from {config!r} to "
                f"{look.config_name!r}: {now.failure or 'it gives no reason'}",
                hint="see the candidate's log group /aws/sagemaker/Endpoints/"
                f"{endpoint}; a new release tries again",
            )
        return False

    def _move(self, seen: Endpoint, config: str, *, weights_anew: bool = False) -> None:
        doing = f"put endpoint {seen.name!r} on config {config!r}"
        asked: dict[str, Any] = {"RetainAllVariantProperties": True}
        if weights_anew:
            asked["ExcludeRetainedVariantProperties"] = NEW_WEIGHTS
        try:
            with self.clients.asking(doing):
                answer = self.clients.sagemaker.update_endpoint(
                    EndpointName=seen.name, EndpointConfigName=config, **asked
                )
            checked(answer, doing, "EndpointArn")
        except NotFound as error:
            if "endpoint configuration" not in error.message:
                raise
            raise Unavailable(f"{error.message}; SageMaker reads configs late", after=2) from error
        except Conflict as refused:
            now = self.describe(seen.name)
            if now.raw.pending_config != config:  # else the change under way is our own
                raise Conflict(under_way(now), hint="wait until it has settled") from refused
        self.asks.put(seen.name, Asked(seen.raw.config_name, config))
        with suppress(ProviderError):
            arn = str(self.configs.read(config).answer.get("EndpointConfigArn", ""))
            self.tags.write(arn, {ASKED_TAG: seen.raw.config_name})

    def _candidate_of(self, config: str, model: str) -> str:
        variants = self.configs.read(config).variants.values()
        return next(v.name for v in reversed(tuple(variants)) if v.model == model)


def changed(before: Endpoint, after: Endpoint) -> tuple[str, ...]:
    """What a deployment changed that it should not have: weights and counts of old variants."""
    found = []
    for version in before.versions:
        now = after.version(version.name)
        if now is None:
            found.append(f"{version.name} is gone")
            continue
        if abs(before.traffic.of(version.name) - after.traffic.of(version.name)) > TOLERANCE:
            found.append(
                f"{version.name} had {percent(before.traffic.of(version.name))} of the traffic and "
                f"has {percent(after.traffic.of(version.name))}"
            )
        if version.instances != now.instances:
            found.append(
                f"{version.name} had {version.instances} instances and has {now.instances}"
            )
    return tuple(found)


def _refuse_unless_calm(seen: Endpoint) -> None:
    if not seen.settled:
        raise Conflict(under_way(seen), hint="wait until it has settled, then try again")


def _refuse_if_needed(seen: Endpoint, version: str) -> None:
    look: Look = seen.raw
    if seen.traffic.of(version) > 0 or look.wanted.get(version, 0.0) > 0:
        raise Conflict(
            f"version {version!r} has {percent(seen.traffic.of(version))} of the traffic",
            hint=f"shift it away first: canary rollback {seen.name}",
        )
    if set(look.weights) == {version}:
        raise Conflict(f"version {version!r} is the only one of endpoint {seen.name!r}")


def _served_by(seen: Endpoint, config: EndpointConfig, model: str) -> str | None:
    """The idle variant of a model that is on the endpoint already, if there is one."""
    names = [v.name for v in config.variants.values() if v.model == model]
    idle = [name for name in names if seen.traffic.of(name) == 0]
    if names and not idle:
        raise Conflict(
            f"model {model!r} is served already: {names[0]} has "
            f"{percent(seen.traffic.of(names[0]))} of the traffic",
            hint="name another model with --new-model",
        )
    return idle[0] if idle else None


def _free_name(seen: Endpoint, model: str, release: str) -> str:
    return model if seen.version(model) is None else config_name(model, release)
