"""Azure ML as a provider: the verbs, each handed to the module that knows how."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from canarycli.errors import NotFound, ProviderError, Unsupported
from canarycli.provider import Endpoint, Limits, Notes, Reply
from canarycli.sense import sensible
from canarycli.traffic import Traffic
from canarycli_azureml import command
from canarycli_azureml.api import Session
from canarycli_azureml.body import state
from canarycli_azureml.deployments import Deployments, progress
from canarycli_azureml.endpoint import failed_last, glanced, notes_of, read_endpoint
from canarycli_azureml.keys import KEYS
from canarycli_azureml.links import links
from canarycli_azureml.naming import placed
from canarycli_azureml.offered import NAMES, WORD
from canarycli_azureml.settings import Settings, path_of
from canarycli_azureml.split import SHADOW_UP_TO, no_room
from canarycli_azureml.traffic import Shifter

if TYPE_CHECKING:
    from canarycli.declared import Keys
    from canarycli.files import Files, Say, Uploaded
    from canarycli.metrics import Measurements, Metric, Window
    from canarycli.permissions import Needs
    from canarycli.preview import Listed, Preview
    from canarycli.recorder import Answer, Budget, Recording
    from canarycli_azureml.collected import Collected
    from canarycli_azureml.deploy import Fleet
    from canarycli_azureml.doctor import Doctor

OTHER_KINDS: Mapping[str, str] = {
    "serverlessEndpoints": "it is a serverless endpoint, which has neither deployments nor "
    "traffic; use a managed online endpoint",
    "batchEndpoints": "it is a batch endpoint, whose jobs have no traffic to share; set another "
    "default deployment, or use a managed online endpoint",
}
"""Kinds of endpoints that no release can be made of, and why."""


class AzureML:
    """Online endpoints of one Azure Machine Learning workspace.

    What the way back does not need is imported when it is first used.

    Args:
        settings: `subscription`, `resource_group`, `workspace`, `cloud` (public, usgov, china),
            `metric_delay`, `failures` (status codes that are the candidate's fault); what is
            missing of the place comes from the environment.
        client: an `azure.core.PipelineClient` to use instead of one made from the environment.
    """

    def __init__(self, settings: Mapping[str, Any], *, client: Any = None) -> None:
        self._settings = Settings.read(settings, os.environ)
        self._session = Session(self._settings, client)
        self._shifter = Shifter(self._settings, self._session)
        self._deployments = Deployments(self._settings, self._session)

    @cached_property
    def fleet(self) -> Fleet:
        """Deployments that come and go."""
        from canarycli_azureml.deploy import Fleet

        return Fleet(self._settings, self._session, self._deployments)

    @cached_property
    def doctor(self) -> Doctor:
        """Who looks at identity, permissions and metrics."""
        from canarycli_azureml.doctor import Doctor

        return Doctor(self._settings, self._session, self.describe, self.measure)

    @staticmethod
    def keys() -> Keys:
        """Its own settings."""
        return KEYS

    @property
    def limits(self) -> Limits:
        """Whole percents, shadow up to half, metrics some minutes late."""
        return Limits(
            finest_percent=1.0,
            shadow_up_to=float(SHADOW_UP_TO),
            metric_delay=self._settings.metric_delay,
            late_request=timedelta(seconds=30),
            usual_shift=timedelta(seconds=20),
            metrics=NAMES,
            custom_source=WORD,
            smokes=True,
            beyond_5xx=self._settings.failures.beyond_5xx,
            looks_a_minute=600,  # two reads each; a subscription refills 25 a second
        )

    @property
    def place(self) -> str:
        """`subscription/resource_group/workspace`."""
        return self._settings.place

    @staticmethod
    def placed(
        name: str, settings: Mapping[str, Any], _env: Mapping[str, str]
    ) -> tuple[str, Mapping[str, Any]]:
        """The name in a resource id, and its workspace; see `Naming.placed`."""
        return placed(name, settings)

    def one_name(self, endpoint: str) -> str:
        """The name in lower case, as Resource Manager compares names."""
        return endpoint.lower()

    @sensible("listing endpoints")
    def endpoints(self) -> list[Listed]:
        """The online endpoints of the workspace, by name."""
        from canarycli.preview import Listed

        doing = f"listing the endpoints of {self._settings.workspace}"
        listed = self._session.pages(f"{self._settings.path}/onlineEndpoints", doing)
        names = sorted(str(one.get("name") or "") for one in listed)
        return [Listed(name, name) for name in names if name]

    @sensible("looking at an endpoint")
    def describe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint: two calls, one for it and one for its deployments.

        Raises:
            NotFound: the workspace has none of that name.
        """
        try:
            body = self._shifter.read(endpoint)
        except NotFound as error:
            raise self._no_endpoint(endpoint, error) from error
        deployments = self._deployments.all(endpoint)
        failed, failure = failed_last(body, deployments), ""
        if failed is body:
            failure = f"the last change ended in state {state(body)}"
        elif failed is not None:
            failure = self._deployments.failure(endpoint, failed)
        return read_endpoint(endpoint, body, deployments, failure)

    @sensible("looking at an endpoint's traffic")
    def glance(self, endpoint: str) -> Endpoint:
        """The endpoint alone, by one call; its deployments are those it has traffic or notes of."""
        return glanced(endpoint, self._shifter.read(endpoint))

    @sensible("reading notes")
    def notes(self, seen: Endpoint) -> Notes:
        """What canary wrote on the endpoint, from its tags; no call."""
        return notes_of(seen.raw)

    @sensible("counting notes")
    def no_room(self, seen: Endpoint, notes: Notes) -> str:
        """Whether the endpoint's tags leave room for notes; no call."""
        return no_room(seen.raw, notes)

    @sensible("shifting traffic")
    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split, with the notes in the same write, and return at once.

        Raises:
            Conflict: a raise on a look that is out of date, or a change is under way.
        """
        return self._shifter.shift(seen, to, notes, raises=raises)

    @sensible("reading metrics")
    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """The points of each metric on each version in the window."""
        from canarycli_azureml.metrics import Looking, measure

        looking = Looking(self._settings, self._session, endpoint, window)
        return measure(looking, versions, metrics)

    @staticmethod
    def links(endpoint: str, place: str, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """The cloud's pages of an endpoint; see `Linking`."""
        return links(endpoint, place, settings)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """The `az` command for this split."""
        return command.plain_command(endpoint, to, self._settings)

    @sensible("deploying a model")
    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a registered model, or the YAML file in `options`, to be deployed.

        The options are `name`, `instances`, `instance_type`, `environment` and `file`, a YAML.

        Raises:
            NotFound: there is no such model, or no version `like`.
            Conflict: a change of the endpoint is under way.
        """
        return self.fleet.deploy(seen, model, like, options, release)

    @sensible("looking at a model")
    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """What `deploy` would do; see `Fleet.preview`."""
        return self.fleet.preview(seen, model, like, options)

    @staticmethod
    def check_candidate(options: Mapping[str, Any]) -> None:
        """Whether `candidate:` makes sense; see `Checking`."""
        from canarycli_azureml.deploy import check_candidate

        check_candidate(options)

    def upload(self, seen: Endpoint, files: Files, say: Say) -> AbstractContextManager[Uploaded]:
        """Make a registered model of a person's files; see `Uploader.upload`."""
        return self.fleet.upload(seen, files, say)

    @sensible("removing a version")
    def retire(self, seen: Endpoint, version: str) -> None:
        """Ask for an idle version to be deleted, after a look at who has traffic now.

        Raises:
            Conflict: it has traffic, or a change is under way.
        """
        self.fleet.retire(seen, version, self._shifter.read(seen.name))

    @sensible("looking at a deployment")
    def progress(self, seen: Endpoint) -> str:
        """What is being deployed or deleted now, for people; "" if nothing is. One call."""
        return progress(self._deployments.all(seen.name))

    @sensible("asking a version")
    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json", /
    ) -> Reply:
        """One request to one version whatever its share, signed as the endpoint's callers do.

        Raises:
            Rejected: Azure refused the request, or another version answered.
        """
        from canarycli_azureml.smoke import Caller

        found = self._shifter.read(endpoint)
        return Caller(self._settings, self._session).ask(found, version, body, content_type)

    @cached_property
    def _collected(self) -> Collected:
        from canarycli_azureml.collected import Collected

        return Collected(self._settings, self._session)

    @sensible("looking at recorded answers")
    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        """Whether each deployment collects its answers; see `Recorder.recording`."""
        from canarycli_azureml.collected import recordings

        return recordings(self._deployments.all(endpoint))

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        """What data collectors kept in Blob storage; see `Recorder.answers`."""
        deployments = self._deployments.all(endpoint)
        return self._collected.answers(deployments, versions, window, budget)

    @staticmethod
    def least_policy(settings: Mapping[str, Any], _endpoint: str, needs: Needs) -> dict[str, Any]:
        """A custom role for the resource group; it can be assigned at one endpoint."""
        from canarycli_azureml.policy import policy

        return policy(path_of(settings, os.environ), needs)

    def close(self) -> None:
        """Close the connections."""
        if "_collected" in vars(self):
            self._collected.close()
        self._session.close()

    def _no_endpoint(self, endpoint: str, error: NotFound) -> ProviderError:
        """Why there is none: one of another kind may have the name."""
        place = self._settings
        for kind, words in OTHER_KINDS.items():
            with suppress(ProviderError):
                self._session.get(place.other(kind, endpoint), f"reading {endpoint!r}")
                return Unsupported(f"endpoint {endpoint!r} can't be released by shares: {words}")
        return NotFound(
            f"no endpoint {endpoint!r} in {place.place}",
            facts=[error.message.partition(": ")[2]],
            hint=f"az ml online-endpoint list -g {place.resource_group} -w {place.workspace}",
        )
