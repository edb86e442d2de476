"""What canary.yaml says to providers that come in packages of their own, by what those declare."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from canarycli.config.keys import CLOUD, DEFAULTS, KEYS, keys_of
from canarycli.config.problem import nearest
from canarycli.declared import VARIABLE, Keys
from canarycli.registry import metric_words, own_keys

MISPLACED = "unknown key alarm, it takes the place of metric: write {alarm: NAME} as the check"

Wrong = tuple[tuple[str | int, ...], str]
"""Where in a part of the file something is wrong, and the sentence."""


def setting_flaws(endpoint: Any) -> Iterator[Wrong]:
    """What is wrong with the settings of one endpoint, as far as its provider says what it has."""
    provider = endpoint.get("provider") if isinstance(endpoint, Mapping) else None
    keys = own_keys(provider) if isinstance(provider, str) and keys_of(provider) is CLOUD else None
    for name, value in endpoint.items() if keys is not None else ():
        if name not in CLOUD:
            yield from _flaw(str(name), value, keys or {})


def default_flaws(defaults: Any, endpoints: Mapping[str, Any]) -> Iterator[Wrong]:
    """What `defaults:` has that no endpoint of the file takes."""
    declared = default_keys(endpoints)
    for name, value in defaults.items() if isinstance(defaults, Mapping) else ():
        if name not in DEFAULTS:
            yield from _flaw(str(name), value, declared, also=DEFAULTS)


def default_keys(endpoints: Mapping[str, Any]) -> Keys:
    """The keys that `defaults:` may have besides canary's own, for these endpoints."""
    entries = (entry for entry in endpoints.values() if isinstance(entry, Mapping))
    named = {str(entry.get("provider")) for entry in entries} - KEYS.keys()
    found: dict[str, Any] = {}
    for provider in sorted(named):
        found |= own_keys(provider) or {}
    return found


def own_defaults(defaults: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """What of `defaults:` such a provider takes besides the keys of every cloud."""
    if defaults.keys() <= DEFAULTS or provider in KEYS:
        return {}
    keys = own_keys(provider) or {}
    return {key: value for key, value in defaults.items() if key in keys}


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
            yield (word,), MISPLACED
        elif word not in words:
            yield (word,), f"unknown key {word}{nearest(str(word), {'name', *ours, *words})}"
        elif not isinstance(inside, Mapping):
            yield (word,), f"{inside!r} where a mapping is expected"
        else:
            for name, value in inside.items():
                for place, sentence in _flaw(str(name), value, words[word]):
                    yield (word, *place), sentence


def alarm_flaw(alarm: Any) -> str:
    """Why an alarm in a store of such a provider can't be read, "" if it can."""
    word, name = next(iter(alarm.items())) if len(alarm) == 1 else ("", None)
    if not isinstance(name, str) or not name:
        return "an alarm is a name, or {STORE: NAME} in a store of an installed provider"
    words = {word: keys for word, keys in metric_words().items() if "alarm" in keys}
    return "" if word in words else f"no installed provider has alarms in {word}"


def _flaw(name: str, value: Any, keys: Keys, also: frozenset[str] = frozenset()) -> Iterator[Wrong]:
    secret = keys.get(name.removesuffix(VARIABLE))
    if name not in keys and secret is not None and secret.secret and name.endswith(VARIABLE):
        return  # the name of another variable that has the secret
    if name not in keys:
        yield (name,), f"unknown key {name}{nearest(name, {*keys, *also, *CLOUD})}"
    elif keys[name].secret:
        said = f"set the variable {keys[name].variable}, or name another with {name}{VARIABLE}:"
        yield (name,), f"{name} is a secret and does not belong into a file: {said}"
    else:
        try:
            keys[name].read(value)
        except ValueError as error:
            yield (name,), str(error)
