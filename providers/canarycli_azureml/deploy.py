"""Brings a candidate in and takes an idle deployment away."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from canarycli.errors import Conflict, NotFound, ProviderError
from canarycli.files import FILE, Files, Say, Uploaded, without_files
from canarycli.preview import Preview
from canarycli.provider import RELEASE_NOTE, Endpoint
from canarycli_azureml import body as read
from canarycli_azureml.api import Session
from canarycli_azureml.blueprint import Options, body_like, deployment_name
from canarycli_azureml.body import Body
from canarycli_azureml.deployments import Deployments, progress
from canarycli_azureml.endpoint import DEAD
from canarycli_azureml.errors import Unanswered, Unclear
from canarycli_azureml.file import check_source, means_yaml
from canarycli_azureml.models import find_model
from canarycli_azureml.refusals import UNDER_WAY
from canarycli_azureml.settings import Settings
from canarycli_azureml.yaml_file import check_file

GONE_SOON = "deleting"


class Fleet:
    """Deployments that come and go."""

    def __init__(self, settings: Settings, session: Session, deployments: Deployments) -> None:
        self._settings = settings
        self._session = session
        self._deployments = deployments

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a registered model to be deployed like the version `like`.

        Raises:
            NotFound: there is no such model, or no version `like`.
            Conflict: a change of the endpoint is under way.
        """
        chosen, there = Options.parse(options), self._deployments.all(seen.name)
        known = _of_release(there, release)
        if known is not None:
            return str(known["name"])
        names = [str(deployment["name"]) for deployment in there if not _is_left(seen, deployment)]
        if chosen.file:
            from canarycli_azureml.local import deploy_yaml

            check_file(chosen, model)
            return deploy_yaml(self._settings, seen, chosen, release, names)
        baseline = _named(seen, there, like)
        found = find_model(self._session, self._settings, model)
        name = deployment_name(found, chosen.name, names)
        chosen = chosen.within(self._settings.path)
        self._put(seen.name, name, body_like(baseline, found, chosen, release), release)
        return name

    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """What `deploy` would do.

        Raises:
            NotFound: there is no such model, or no version `like`.
            UsageError: the options or the file make no sense, or say another model.
        """
        if means_yaml(options):
            return Preview(check_file(Options.parse(options), model))
        there = self._deployments.all(seen.name)
        baseline = _named(seen, there, like)
        names = [str(deployment["name"]) for deployment in there]
        if FILE in options:
            from canarycli_azureml import local

            files = Files(model, like, options, "r-0")
            return local.preview(self._session, self._settings, baseline, files, names)
        chosen = Options.parse(options)
        found = find_model(self._session, self._settings, model)
        serving = [d for d in there if _serves(d, found.id) and not _is_dead(d)]
        if not serving:
            deployment_name(found, chosen.name, names)
            body_like(baseline, found, chosen.within(self._settings.path), "r-0")
        versions = [str(deployment["name"]) for deployment in serving]
        return Preview(
            model if "@" not in model else f"{found.name}:{found.version}",
            min(versions, key=lambda one: one.lower() == like.lower(), default=""),
        )

    def upload(self, seen: Endpoint, files: Files, say: Say) -> AbstractContextManager[Uploaded]:
        """Make a model of a person's files; see `Uploader.upload`."""
        from canarycli_azureml.local import upload

        baseline = _named(seen, self._deployments.all(seen.name), files.like)
        return upload(self._session, self._settings, baseline, files, say)

    def retire(self, seen: Endpoint, version: str, fresh: Body) -> None:
        """Ask for an idle deployment to be deleted; one that is gone already is no error.

        Raises:
            Conflict: it has traffic, live or a copy, or a change is under way.
        """
        for key, what in {"traffic": "traffic", "mirrorTraffic": "shadow traffic"}.items():
            shares = {n.lower(): share for n, share in read.shares(fresh, key).items()}
            if version.lower() in shares:
                raise Conflict(
                    f"version {version!r} of endpoint {seen.name!r} still has {what}",
                    facts=[f"it has {shares[version.lower()]}%"],
                )
        doing = f"deleting version {version!r} of endpoint {seen.name!r}"
        path = self._settings.deployment(seen.name, version)
        try:
            self._session.call("DELETE", path, doing)
        except NotFound:
            return
        except Unclear as error:
            self._refuse_if_changing(seen.name, error)
            raise
        except Unanswered:
            if not self._is_going(path, doing):
                raise

    def _put(self, endpoint: str, name: str, body: Mapping[str, Any], release: str) -> None:
        doing = f"deploying {name!r} on endpoint {endpoint!r}"
        path = self._settings.deployment(endpoint, name)
        try:
            answer = self._session.call("PUT", path, doing, body=body)
            self._deployments.note(endpoint, name, answer.operation)
        except Unclear as error:
            self._refuse_if_changing(endpoint, error)
            raise
        except Unanswered:
            if not self._is_ours(path, doing, release):
                raise

    def _refuse_if_changing(self, endpoint: str, error: Unclear) -> None:
        """Raise a conflict if anything of the endpoint is being changed.

        Raises:
            Conflict: it is.
        """
        doing = f"reading endpoint {endpoint!r}"
        whole = read.checked(self._session.get(self._settings.endpoint(endpoint), doing), doing)
        if busy := progress([whole, *self._deployments.all(endpoint)]):
            raise Conflict(error.message, facts=[busy], hint=UNDER_WAY.hint) from error

    def _is_ours(self, path: str, doing: str, release: str) -> bool:
        try:
            found = self._session.get(path, doing)
        except ProviderError:
            return False
        return (found.get("tags") or {}).get(RELEASE_NOTE) == release

    def _is_going(self, path: str, doing: str) -> bool:
        try:
            found = read.checked(self._session.get(path, doing), doing)
        except NotFound:
            return True
        except ProviderError:
            return False
        return read.state(found).lower() == GONE_SOON


def check_candidate(options: Mapping[str, Any]) -> None:
    """Look at options and files, without a call.

    Raises:
        UsageError: they make no sense, or a file is not there.
    """
    chosen = Options.parse(without_files(options) if not means_yaml(options) else options)
    if chosen.file:
        check_file(chosen, "")
    elif FILE in options:
        check_source(options)


def _of_release(there: Sequence[Body], release: str) -> Body | None:
    """What this release deployed already, so that it does so once however often it is asked."""
    for deployment in there:
        ours = (deployment.get("tags") or {}).get(RELEASE_NOTE) == release
        if ours and read.state(deployment).lower() != GONE_SOON:
            return deployment
    return None


def _is_dead(deployment: Body) -> bool:
    return read.state(deployment).lower() in DEAD


def _is_left(seen: Endpoint, deployment: Body) -> bool:
    """Whether a release of canary's left a failed deployment: its name is free to deploy anew."""
    name, ours = str(deployment["name"]), (deployment.get("tags") or {}).get(RELEASE_NOTE)
    failed = read.state(deployment).lower() in {"failed", "canceled"}
    return bool(ours) and failed and not seen.traffic.of(name)


def _serves(deployment: Body, model: str) -> bool:
    return str(deployment["properties"].get("model") or "").lower() == model.lower()


def _named(seen: Endpoint, there: Sequence[Body], name: str) -> Body:
    for deployment in there:
        if str(deployment["name"]).lower() == name.lower():
            return deployment
    names = ", ".join(str(deployment["name"]) for deployment in there)
    raise NotFound(
        f"endpoint {seen.name!r} has no version {name!r} to deploy like", hint=f"it has {names}"
    )
