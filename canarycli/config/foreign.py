"""What canary.yaml says to providers, by what those declare."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from canarycli.config.addresses import KEYS as ADDRESSES
from canarycli.config.keys import CLOUD, DEFAULTS, keys_of
from canarycli.config.problem import At, nearest
from canarycli.declared import VARIABLE, Keys
from canarycli.registry import DECLARED, metric_words, own_keys
from canarycli.written import quoted

MISPLACED = "unknown key alarm, it takes the place of metric: write {alarm: NAME} as the check"

Wrong = tuple[tuple[str | int, ...], str, At]
"""Where in a part of the file something is wrong, the sentence, and whether it is about the key."""


def setting_flaws(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with the settings of one endpoint, as far as its provider says what it has."""
    provider = endpoint.get("provider") if isinstance(endpoint, Mapping) else None
    keys = own_keys(provider) if isinstance(provider, str) else None
    for name, value in endpoint.items() if keys is not None else ():
        if name not in CLOUD:
            yield from _flaw(str(name), value, keys or {})


def default_flaws(defaults: Any, endpoints: Mapping[str, Any]) -> Iterator[Wrong]:
    """What `defaults:` has that no endpoint of the file takes, nor one in a cloud of ours."""
    declared = default_keys(endpoints)
    for name, value in defaults.items() if isinstance(defaults, Mapping) else ():
        if name not in DEFAULTS:
            yield from _flaw(str(name), value, declared, also=DEFAULTS)


def default_keys(endpoints: Mapping[str, Any] = MappingProxyType({})) -> Keys:
    """The keys that `defaults:` may have besides canary's own, for these endpoints.

    Where credentials go is said at each endpoint, and nowhere else.
    """
    entries = (entry for entry in endpoints.values() if isinstance(entry, Mapping))
    named = {str(entry.get("provider")) for entry in entries}
    found: dict[str, Any] = {}
    for provider in (*DECLARED, *sorted(named - DECLARED.keys())):
        found |= own_keys(provider) or {}
    return {name: key for name, key in found.items() if name not in ADDRESSES}


def own_settings(entry: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """The settings of an entry that its provider declares, as far as they can be read.

    All that canary has no meaning for, where the provider does not say what it has.
    """
    keys = own_keys(provider)
    if keys is None:
        free = keys_of(provider) is CLOUD
        return {key: v for key, v in entry.items() if free and key not in CLOUD}
    found = {key: v for key, v in entry.items() if _names_secret(str(key), keys)}
    for name in entry.keys() & keys.keys():
        with suppress(ValueError):
            found[name] = keys[name].read(entry[name])
    return found


def own_defaults(defaults: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """What of `defaults:` such a provider takes besides the keys of every cloud."""
    if defaults.keys() <= DEFAULTS or own_keys(provider) is None:
        return {}
    found = own_settings(defaults, provider)
    return {key: value for key, value in found.items() if key not in ADDRESSES}


def stores_of(metric: Mapping[str, Any], ours: Collection[str]) -> frozenset[str]:
    """The words that name a store a metric may be in: ours, and those of installed packages."""
    return (
        frozenset(ours) if metric.keys() <= {"name", *ours} else frozenset((*ours, *metric_words()))
    )


def store_flaws(metric: Mapping[str, Any], ours: Collection[str]) -> Iterator[Wrong]:
    """What is wrong with a metric of one's own, in stores that only a package's provider knows."""
    words = {} if metric.keys() <= {"name", *ours} else metric_words()
    for word, inside in metric.items():
        if word == "name" or word in ours:
            continue
        if word == "alarm":
            yield (word,), MISPLACED, At.KEY
        elif word not in words:
            near = nearest(str(word), {"name", *ours, *words})
            yield (word,), f"unknown key {word}{near}", At.KEY
        else:
            yield from _inside(word, inside, words[word])


def _inside(word: str, inside: Any, keys: Keys) -> Iterator[Wrong]:
    """What is wrong below the word of a store."""
    if not isinstance(inside, Mapping):
        yield (word,), f"{quoted(inside)} where a mapping is expected", At.VALUE
        return
    for name, value in inside.items():
        for place, sentence, at in _flaw(str(name), value, keys):
            yield (word, *place), sentence, at


def alarm_flaw(alarm: Any) -> str:
    """Why an alarm in a store of such a provider can't be read, "" if it can."""
    word, name = next(iter(alarm.items())) if len(alarm) == 1 else ("", None)
    if not isinstance(name, str) or not name:
        return "an alarm is a name, or {STORE: NAME} in a store of an installed provider"
    words = {word: keys for word, keys in metric_words().items() if "alarm" in keys}
    return "" if word in words else f"no installed provider has alarms in {word}"


def _flaw(name: str, value: Any, keys: Keys, also: frozenset[str] = frozenset()) -> Iterator[Wrong]:
    if _names_secret(name, keys):
        return
    if name not in keys:
        yield (name,), f"unknown key {name}{nearest(name, {*keys, *(also or CLOUD)})}", At.KEY
    elif keys[name].secret:
        said = f"set the variable {keys[name].variable}, or name another with {name}{VARIABLE}:"
        yield (name,), f"{name} is a secret and does not belong into a file: {said}", At.KEY
    else:
        try:
            keys[name].read(value)
        except ValueError as error:
            yield (name,), str(error), At.VALUE


def _names_secret(name: str, keys: Keys) -> bool:
    """Whether it has the name of another variable that a secret is in."""
    secret = keys.get(name.removesuffix(VARIABLE))
    return name not in keys and name.endswith(VARIABLE) and secret is not None and secret.secret
