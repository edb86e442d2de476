"""Finds endpoints whose plan reads a metric that only another cloud keeps: a mistake for lint."""

from collections.abc import Iterator, Mapping
from typing import Any

from canarycli.config.alarms import is_alarm
from canarycli.config.keys import ALIASES, NICKNAMES

STORES: Mapping[str, str] = {
    "sagemaker": "cloudwatch",
    "vertex": "cloud_monitoring",
    "azureml": "azure_monitor",
    "simulator": "simulator",
}
"""Where each provider of ours keeps a metric of one's own."""


def store_elsewhere(endpoint: Any, plan: Any) -> Iterator[str]:
    """What is wrong with a plan for this endpoint; `start` refuses it too, once it is asked for."""
    word = str(endpoint.get("provider")) if isinstance(endpoint, Mapping) else ""
    word = NICKNAMES.get(word, ALIASES.get(word, word))
    others = set(STORES.values()) - {STORES.get(word, "")}
    checks = plan.get("checks") if isinstance(plan, Mapping) else None
    for check in checks if isinstance(checks, list) and word in STORES else ():
        metric = check.get("metric") if isinstance(check, Mapping) else None
        if not isinstance(metric, Mapping) or is_alarm(check):
            continue
        for store in sorted(others & metric.keys()):
            yield (
                f'its check "{check.get("name", metric.get("name"))}" reads {store}:, which '
                f"{word} does not have; write {STORES[word]}:, or from: and one of sources:"
            )
