"""Keeps what was just shown as words for the next keypress: releases and endpoints."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from canarycli.cli.completion.kept import recall, remember

MOST = 30
"""So many words of a kind are kept, the newest first."""


def note_shown(document: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Remember the releases and endpoints of a status, one or several; others name none."""
    match document.get("schema"):
        case "canary.status/1":
            shown: Sequence[Mapping[str, Any]] = [document]
        case "canary.statuses/1":
            shown = document["releases"]
        case _:
            return
    releases = [(str(s["release"]), _about(s)) for s in shown if s.get("release")]
    endpoints = [(str(s["endpoint"]), str(s["provider"])) for s in shown if s.get("endpoint")]
    _add("releases", releases, env)
    _add("endpoints", endpoints, env)


def _add(kind: str, words: Iterable[tuple[str, str]], env: Mapping[str, str]) -> None:
    before = recall(kind, env)
    after = [(word, text) for word, text in {**dict(before), **dict(words)}.items() if word]
    fresh = dict(words)
    after.sort(key=lambda pair: pair[0] not in fresh)
    if after[:MOST] != before:
        remember(kind, after[:MOST], env)


def _about(status: Mapping[str, Any]) -> str:
    arms = [status[arm]["name"] for arm in ("baseline", "candidate") if status.get(arm)]
    state = status.get("outcome") or status.get("state") or ""
    return f"{status['endpoint']} {' → '.join(arms)} {state}".replace("_", " ")
