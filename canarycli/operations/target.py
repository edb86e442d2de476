"""Finds the endpoint that a name, a release, the folder's canary.yaml or nothing at all means."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from canarycli.config.addresses import KEYS as ADDRESSES
from canarycli.config.addresses import foreign
from canarycli.config.discover import discover, here
from canarycli.config.values import Config, EndpointConfig
from canarycli.declared import VARIABLE
from canarycli.errors import CanaryError, NotFound, UsageError
from canarycli.late_methods import dataclass
from canarycli.masking import is_secret
from canarycli.operations.address import Address
from canarycli.operations.settings import check_said, secret_names
from canarycli.provider import Naming
from canarycli.registry import ALIASES, FULL_NAMES, provider_class
from canarycli.release.record import Release
from canarycli.store import Record, Store

PLACE = ("region", "project", "subscription", "resource_group", "workspace", "state")
"""The settings that say where an endpoint is; those who may be asked for are the same for it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint a command works on.

    Attributes:
        name: what the cloud knows it by.
        provider: the provider's name.
        settings: what the provider is made with.
        config: its entry in canary.yaml, if it has one.
        record: its newest record, if the person named a release or there is one open.
        asked: the release that was named, though nothing here says which endpoint it is on.
    """

    name: str
    provider: str
    settings: Mapping[str, Any]
    config: EndpointConfig | None = None
    record: Record | None = None
    asked: str = ""

    @property
    def kept(self) -> Mapping[str, Any]:
        """The settings that a record may keep: none whose name says that it is a secret."""
        secret = secret_names(self.provider)
        return {k: v for k, v in self.settings.items() if k not in secret and not _is_value(k)}

    def placed(self, env: Mapping[str, str]) -> "Target":
        """The same with what a full name, such as an ARN, says of the place in the settings.

        Raises:
            UsageError: the name says another place than the settings.
        """
        kind = provider_class(self.provider)
        if not issubclass(kind, Naming):
            return self
        name, settings = kind.placed(self.name, self.settings, env)
        return replace(self, name=name, settings=settings)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several that may be meant.

    Attributes:
        word: what names it alone.
        line: it, for people.
    """

    word: str
    line: str


class Ambiguous(UsageError):
    """Several may be meant, and nothing says which."""

    def __init__(self, message: str, choices: Iterable[Choice]) -> None:
        self.choices = tuple(choices)
        super().__init__(
            message,
            facts=[choice.line for choice in self.choices],
            hint=f"name one of them, such as -e {self.choices[0].word}",
        )


ALL_FLAGS = (
    "-e ENDPOINT with --provider sagemaker --region REGION, or --provider vertex --project ID "
    "--region REGION, or --provider azureml --subscription ID --resource-group NAME "
    "--workspace NAME"
)
"""All it takes to name an endpoint without a canary.yaml, on each cloud."""


class NothingNamed(UsageError):
    """No endpoint is named, and nothing here says which could be meant."""


class SeveralOpen(Ambiguous):
    """Several releases are open, and nothing says which."""


def find_target(
    address: Address,
    store: Store,
    env: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
) -> Target:
    """The endpoint that a release id, an endpoint's name, or nothing at all stands for.

    Nothing at all is the endpoint of the folder's canary.yaml, whatever else is open on this
    machine; without a canary.yaml it is the only open release.

    Args:
        address: what the person said.
        store: the records.
        env: the environment.
        say: hears of open releases that are not meant.

    Raises:
        Ambiguous: nothing is named and there is not exactly one to choose.
        UsageError: nothing says which cloud it is on.
        NotFound: there is no such release.
    """
    finder = Finder(address, store, entries_of(address, env))
    return finder.named(address.word) if address.word else finder.meant(say)


def answers_of(target: Target, config: Config) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """How the endpoint's recorded answers are read and where their labels are."""
    known = config.endpoints.get(target.config.name) if target.config else None
    return (known.predictions, known.labels) if known else ({}, {})


def entries_of(address: Address, env: Mapping[str, str]) -> Mapping[str, EndpointConfig]:
    """The endpoints of the canary.yaml that is meant, by name; {} without one.

    Raises:
        PlanError: a file that was named is not there.
    """
    file = discover(address.config, cwd=here(), env=env)
    if file is None:
        return {}
    # A rollback without a config does not wait for YAML.
    from canarycli.config import endpoint_settings

    return endpoint_settings(file, cwd=here(), env=env)


@dataclass(frozen=True, slots=True)
class Finder:
    """Where to look: what was said, the records, the entries of canary.yaml."""

    address: Address
    store: Store
    entries: Mapping[str, EndpointConfig]

    def named(self, word: str) -> Target:
        """The endpoint of that name, or of the release of that id."""
        if word not in self.entries and (record := self._release(word)):
            return self._of_record(record)
        if self.address.provider is not None:
            return self._of_flags(word, kind_of(self.address.provider))
        if entry := self.entry(word):
            return self._of_entry(entry)
        if kind := full_name_of(word):
            return self._of_flags(word, kind)
        known = [r for r in self.store.newest() if r.release.is_called(word)]
        if len(known) > 1:
            raise Ambiguous(f"several endpoints are called {word!r}", map(_choice, known))
        if known:
            return self._of_record(known[0])
        if word.startswith("r-"):
            raise NotFound(f"no release {word!r} is known here", hint="canary history")
        near = get_close_matches(word, self.entries, n=1)
        hints = [f"did you mean {near[0]}?"] if near else []
        raise UsageError(
            f"nothing here says which cloud {word!r} is on",
            hint=(*hints, "name it with --provider, or put it into canary.yaml under endpoints:"),
        )

    def meant(self, say: Callable[[str], None]) -> Target:
        """The endpoint where nothing is named."""
        entries = [entry for entry in self.entries.values() if self._fits(entry.provider)]
        if len(entries) == 1:
            self._mention(entries[0], say)
            return self._of_entry(entries[0])
        open_ones = [r for r in self._open() if self._fits(r.release.provider)]
        if entries:
            mine = self.here(r.release for r in open_ones)
            open_ones = [r for r in open_ones if r.release in mine]
        if len(open_ones) == 1:
            return self._of_record(open_ones[0])
        if open_ones:
            raise SeveralOpen("several releases are open", map(_choice, open_ones))
        if entries:
            raise self.several()
        raise NothingNamed(
            "no endpoint is named, and no release is open here",
            hint=(
                "canary init finds the endpoints there are and writes canary.yaml",
                f"or name it: {ALL_FLAGS}",
            ),
        )

    def several(self) -> Ambiguous:
        """The error where nothing says which endpoint of canary.yaml is meant."""
        entries = [entry for entry in self.entries.values() if self._fits(entry.provider)]
        choices = (Choice(entry.name, f"{entry.name}  {entry.provider}") for entry in entries)
        return Ambiguous("canary.yaml has several endpoints", choices)

    def only_entry(self) -> Target | None:
        """The endpoint of canary.yaml, None unless there is exactly one."""
        entries = [entry for entry in self.entries.values() if self._fits(entry.provider)]
        return self._of_entry(entries[0]) if len(entries) == 1 else None

    def here(self, releases: Iterable[Release]) -> list[Release]:
        """Those on the endpoints of canary.yaml; without one, all of them."""
        entries = self.entries.values()
        return [r for r in releases if not entries or any(is_on(e, r) for e in entries)]

    def entry(self, word: str) -> EndpointConfig | None:
        """The entry of canary.yaml that a name means, None if there is none.

        Raises:
            Ambiguous: several are called so.
        """
        if word in self.entries:
            return self.entries[word]
        entries = self.entries.values()
        found = [entry for entry in entries if entry.cloud_name == word]
        found = found or [
            e for e in entries if word.lower() in {e.name.lower(), e.cloud_name.lower()}
        ]
        if len(found) > 1:
            raise Ambiguous(
                f"canary.yaml has several endpoints called {word!r}",
                (Choice(e.name, f"{e.name}  {e.provider} {e.cloud_name}") for e in found),
            )
        return found[0] if found else None

    def _release(self, word: str) -> Record | None:
        return self.store.find(word) if word.startswith("r-") else None

    def _fits(self, provider: str) -> bool:
        asked = self.address.provider
        return asked is None or kind_of(asked) == kind_of(provider)

    def _open(self) -> Sequence[Record]:
        return self.store.newest(still_open=True)

    def _mention(self, meant: EndpointConfig, say: Callable[[str], None]) -> None:
        """Say which releases are open besides; they are no reason to stop."""
        try:
            others = [r.release for r in self._open() if not is_on(meant, r.release)]
        except CanaryError:
            return
        for other in others[:3]:
            say(f"note: {other.id} is open too, on {other.endpoint} of {other.place}; not meant")

    def _of_record(self, record: Record) -> Target:
        release = record.release
        settings = {**release.settings, **self._said(release.provider)}
        same = (entry for entry in self.entries.values() if is_on(entry, release))
        return Target(release.endpoint, release.provider, settings, next(same, None), record)

    def _of_entry(self, entry: EndpointConfig) -> Target:
        kind = kind_of(entry.provider)
        for key in ADDRESSES:
            if why := foreign(str(entry.settings.get(key) or ""), kind):
                raise UsageError(
                    f"{key} of {entry.name} in canary.yaml: {why}",
                    hint="if it is meant, name it by its variable: canary help env",
                )
        settings = {**entry.settings, **self._said(kind)}
        return Target(entry.cloud_name, kind, settings, entry)

    def _of_flags(self, word: str, kind: str) -> Target:
        entry = self.entries.get(word)
        if entry is not None and kind_of(entry.provider) == kind:
            return self._of_entry(entry)
        return Target(word, kind, self._said(kind))

    def _said(self, kind: str) -> Mapping[str, Any]:
        """What the command line says of the place, if that provider has it."""
        if self.address.settings:
            check_said(kind, self.address.settings)
        return self.address.settings


def _is_value(key: str) -> bool:
    """Whether a setting is a secret itself by its name, and not the name of a variable."""
    return is_secret(key.removesuffix(VARIABLE)) and not key.endswith(VARIABLE)


def is_on(entry: EndpointConfig, release: Release) -> bool:
    """Whether a release is on an endpoint of canary.yaml: its cloud, its name and its place."""
    if kind_of(entry.provider) != release.provider:
        return False
    name, mine = placed(entry.cloud_name, entry.settings)
    its = release.settings
    same = all(mine[key] == its[key] for key in PLACE if mine.get(key) and its.get(key))
    return same and release.is_called(name)


def placed(name: str, settings: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The short name in a full one, such as an ARN, and the settings with the place it says."""
    if kind := full_name_of(name):
        with suppress(CanaryError):  # where it contradicts them, whoever looks there is told
            target = Target(name, kind, settings).placed({})
            return target.name, target.settings
    return name, settings


def kind_of(provider: str) -> str:
    """The provider that a word stands for."""
    return ALIASES.get(provider, provider)


def full_name_of(word: str) -> str:
    """The provider whose full names look like that, "" if none."""
    return next((kind for start, kind in FULL_NAMES if word.startswith(start)), "")


def _choice(record: Record) -> Choice:
    release = record.release
    arms = f"{release.baseline} → {release.name}"
    return Choice(release.id, f"{release.id}  {release.endpoint}  {arms}  {release.place}")
