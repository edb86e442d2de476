"""Finds endpoints whose plan reads a metric that only another cloud keeps: a mistake for lint."""

from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.config.alarms import is_alarm
from canarycli.registry import ALIASES, NICKNAMES, OURS, metric_words, own_stores, provider_names


def store_elsewhere(endpoint: Any, plan: Any) -> Iterator[str]:
    """What is wrong with a plan for this endpoint; `start` refuses it too, once it is asked for."""
    word = str(endpoint.get("provider")) if isinstance(endpoint, Mapping) else ""
    word = NICKNAMES.get(word, ALIASES.get(word, word))
    checks = plan.get("checks") if isinstance(plan, Mapping) else None
    names = provider_names() if isinstance(checks, list) else ()
    if word not in names:
        return
    own = own_stores(word)
    others = frozenset(metric_words()).union(*map(own_stores, OURS)) - own
    instead = "".join(f"write {store}:, or " for store in sorted(own)) or "write "
    for check in checks or ():
        metric = check.get("metric") if isinstance(check, Mapping) else None
        if not isinstance(metric, Mapping) or is_alarm(check):
            continue
        for store in sorted(others & metric.keys()):
            yield (
                f'its check "{check.get("name", metric.get("name"))}" reads {store}:, which '
                f"{word} does not have; {instead}from: and one of sources:"
            )
