"""Vertex AI as a provider: the verbs, each handed to the module that knows how."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from canarycli.provider import Endpoint, Limits, Notes
from canarycli.sense import sensible
from canarycli.traffic import Traffic
from canarycli_vertex.api import Api
from canarycli_vertex.command import update_command
from canarycli_vertex.deployment import Progress, Under, deployed_ids, progress
from canarycli_vertex.endpoint import read_endpoint
from canarycli_vertex.errors import understood
from canarycli_vertex.keys import KEYS
from canarycli_vertex.links import links
from canarycli_vertex.lookup import Lookup
from canarycli_vertex.naming import placed
from canarycli_vertex.notes import no_room, notes_of
from canarycli_vertex.offered import NAMES, WORD
from canarycli_vertex.settings import Settings
from canarycli_vertex.traffic import labels_of, refuse_indivisible, shift

if TYPE_CHECKING:
    from canarycli.declared import Keys
    from canarycli.files import Files, Say, Uploaded
    from canarycli.metrics import Measurements, Metric, Window
    from canarycli.permissions import Needs
    from canarycli.preview import Listed, Preview
    from canarycli.recorder import Answer, Budget, Recording
    from canarycli_vertex.doctor import Doctor


class Vertex:
    """Vertex AI endpoints of one project and region.

    What the way back does not need is imported when it is first used.

    Args:
        settings: `project`, `region`, `endpoint_url`, `monitoring_url`, `metric_delay`,
            `impersonate`; what is missing comes from the environment.
        session: a `requests.Session` to use, for tests and special proxies.
    """

    def __init__(self, settings: Mapping[str, Any], *, session: Any = None) -> None:
        self._settings = Settings.read(settings, os.environ)
        self._api = Api(self._settings, session)
        self._lookup = Lookup(self._api)
        self._started: dict[str, Under] = {}
        self._sizes: dict[str, dict[str, float]] = {}
        self._over: set[Under] = set()

    @cached_property
    def doctor(self) -> Doctor:
        """What is worth knowing before a release."""
        from canarycli_vertex.doctor import Doctor

        return Doctor(self._api, self._lookup.path, self.describe, self.measure)

    @staticmethod
    def keys() -> Keys:
        """Its own settings."""
        return KEYS

    @property
    def limits(self) -> Limits:
        """Whole percents, no shadow traffic, metrics some minutes late."""
        return Limits(
            finest_percent=1.0,
            shadow_up_to=0.0,
            metric_delay=self._settings.metric_delay,
            late_request=timedelta(0),  # a raise names the etag, and a rollback changes it
            usual_shift=timedelta(seconds=10),
            metrics=NAMES,
            custom_source=WORD,
            metric_period=self._settings.metric_period,
            beyond_5xx=self._settings.failures.beyond_5xx,
            looks_a_minute=480,  # of 600 reads a minute that a project has
            exact_thresholds=False,
        )

    @property
    def place(self) -> str:
        """`project/region`."""
        return self._settings.place

    @staticmethod
    def placed(
        name: str, settings: Mapping[str, Any], _env: Mapping[str, str]
    ) -> tuple[str, Mapping[str, Any]]:
        """The id in a resource name, and its project and region; see `Naming.placed`."""
        return placed(name, settings)

    @sensible("looking for an endpoint")
    def one_name(self, endpoint: str) -> str:
        """The endpoint's id; a display name is looked up, an id costs no call."""
        return self._lookup.known_id(endpoint) or self._lookup.find(endpoint)

    @sensible("listing endpoints")
    def endpoints(self) -> list[Listed]:
        """The endpoints of the project in the region, by display name; canary takes their ids."""
        from canarycli.preview import Listed

        path = f"{self._settings.parent}/endpoints"
        with understood("the list of endpoints"):
            found = [
                Listed(one["name"].rpartition("/")[2], str(one.get("displayName") or ""))
                for one in self._api.pages(path, "endpoints", {"pageSize": 100})
            ]
        named = (Listed(one.name, one.title or one.name) for one in found)
        return sorted(named, key=lambda one: one.title)

    @sensible("looking at an endpoint")
    def describe(self, endpoint: str) -> Endpoint:
        """Look at an endpoint, named by its id, resource name or display name."""
        found = self._lookup.read(endpoint)
        now = self._deployment(self._lookup.path(endpoint), found)
        if now and now.done and not now.failure:
            found = self._lookup.read(endpoint)  # it ended after the first look
        with understood("the endpoint"):
            pending, failure = (now.version, now.failure) if now else (None, "")
            return read_endpoint(endpoint, found, pending, failure)

    @sensible("reading notes")
    def notes(self, seen: Endpoint) -> Notes:
        """What canary wrote into the endpoint's labels."""
        return notes_of(labels_of(seen))

    @sensible("counting notes")
    def no_room(self, seen: Endpoint, notes: Notes) -> str:
        """Whether the endpoint's labels leave room for notes; no call."""
        return no_room(labels_of(seen), notes)

    @sensible("shifting traffic")
    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split; in place at once, as Vertex answers with the changed endpoint."""
        shift(self._api, self._lookup.path(seen.name), seen, to, notes, raises=raises)
        return ""  # Google's answers carry no id of the request

    @sensible("reading metrics")
    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """The points of each metric on each version in the window."""
        from canarycli_vertex.metrics import measure

        return measure(
            self._api,
            self._lookup.path(endpoint).rpartition("/")[2],
            versions,
            metrics,
            window,
            memory_of=partial(self._memory, self._lookup.path(endpoint)),
        )

    @staticmethod
    def links(endpoint: str, place: str, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """The cloud's pages of an endpoint; see `Linking`."""
        return links(endpoint, place, settings)

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """`gcloud ai endpoints update ... --traffic-split=...`."""
        return update_command(self._settings, self._lookup.known_id(endpoint), to, called=endpoint)

    @sensible("deploying a model")
    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Ask for a model to be deployed like the version `like`, without traffic."""
        from canarycli_vertex.deploy import deploy

        refuse_indivisible(seen)
        path = self._lookup.path(seen.name)
        name, started = deploy(self._api, path, model, like, options=options, release=release)
        if started:
            self._started[path] = started
        return name

    @sensible("looking at a model")
    def preview(self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any]) -> Preview:
        """What `deploy` would do; one call, or two."""
        from canarycli.files import FILE, Files

        refuse_indivisible(seen)
        if FILE in options:
            from canarycli_vertex import local

            return local.preview(self._api, seen, Files(model, like, options, "r-0"))
        from canarycli_vertex.deploy import preview

        return preview(self._api, seen, model, like, options)

    @staticmethod
    def check_candidate(options: Mapping[str, Any]) -> None:
        """Whether `candidate:` makes sense; see `Checking`."""
        from canarycli.files import FILE, without_files
        from canarycli_vertex.blueprint import check_options

        check_options(without_files(options))
        if FILE in options:
            from canarycli_vertex.file import checked_size

            checked_size(str(options[FILE]))

    def upload(self, seen: Endpoint, files: Files, say: Say) -> AbstractContextManager[Uploaded]:
        """Make a model version of a person's files; see `Uploader.upload`."""
        from canarycli_vertex.local import upload

        return upload(self._api, seen, files, say)

    @sensible("removing a version")
    def retire(self, seen: Endpoint, version: str) -> None:
        """Ask for an idle version to be undeployed."""
        from canarycli_vertex.deploy import retire

        retire(self._api, self._lookup.path(seen.name), seen, version)

    @sensible("looking at a deployment")
    def progress(self, seen: Endpoint) -> str:
        """Where the deployment under way is, in Vertex's stages; "" if there is none."""
        with understood("the endpoint"):
            deployed = deployed_ids(seen.raw or {})
        return next((v.detail for v in seen.versions if v.name not in deployed), "")

    @sensible("looking at recorded answers")
    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        """Whether the request-response log is on; see `Recorder.recording`."""
        from canarycli_vertex.logged import recording_of

        found = self._lookup.read(endpoint)
        with understood("the endpoint"):
            return dict.fromkeys(deployed_ids(found), recording_of(found))

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Answer]:
        """What the request-response log kept in BigQuery; see `Recorder.answers`."""
        from canarycli_vertex.logged import logged, recording_of

        found = self._lookup.read(endpoint)
        with understood("the endpoint"):
            kept = recording_of(found)
        return logged(self._api, endpoint, versions, window, recording=kept, budget=budget)

    @staticmethod
    def least_policy(_settings: Mapping[str, Any], endpoint: str, needs: Needs) -> dict[str, Any]:
        """A custom role for a project; an endpoint has no policy of its own."""
        from canarycli_vertex.policy import policy

        by_name = not endpoint.rpartition("/")[2].isdecimal()
        return policy(needs, finds_by_name=by_name)

    def _deployment(self, path: str, found: Mapping[str, Any]) -> Progress | None:
        """The deployment under way or the failure of the last one; a request if there is one."""
        with understood("the endpoint"):
            under = Under.way_on(found) or self._started.get(path)
            if under is None or under in self._over or under.model in deployed_ids(found):
                return None
        now = progress(self._api, path, under)
        if now.done and not now.failure:
            self._over.add(under)
        return now

    def _memory(self, path: str, versions: Collection[str]) -> Mapping[str, float]:
        """Bytes of memory by deployed model; a call only for one that was not seen before."""
        from canarycli_vertex.machines import memory_bytes

        known = self._sizes.setdefault(path, {})
        if not known.keys() >= set(versions):
            with understood("the endpoint"):
                for model in self._lookup.read(path).get("deployedModels", ()):
                    machine = model.get("dedicatedResources", {}).get("machineSpec", {})
                    size = memory_bytes(str(machine.get("machineType", "")))
                    known[str(model["id"])] = size or 0.0
        return {version: size for version, size in known.items() if size}
