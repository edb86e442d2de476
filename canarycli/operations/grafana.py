"""Draws a release into Grafana: a region for each stage, and a point for what stops it.

One POST each, https://grafana.com/docs/grafana/latest/developers/http_api/annotations/. As with
`notify:`, a thread of its own sends, so nothing here delays or fails a release.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from canarycli.errors import CanaryError
from canarycli.harmless import in_line
from canarycli.journal import Event
from canarycli.masking import mask
from canarycli.operations.senders import post
from canarycli.release.record import Release
from canarycli.traffic import percent

URL, TOKEN = "CANARY_GRAFANA_URL", "CANARY_GRAFANA_TOKEN"
"""The variables that say where, and with which service account's token."""

LAST_CALL = 6.0
"""Seconds that the end of the process waits for what is still to be sent."""

POINTS = frozenset({"paused", "held", "no_metrics", "rollback_started", "rollback_failed", "ended"})
"""Events that are a point of their own."""


@dataclass(slots=True)
class Annotations:
    """Hears the events of one endpoint, and draws them.

    Attributes:
        find: the release as it is recorded now, called in the thread.
        env: says where.
        failures: what could not be drawn, one line; the rest is not tried again.
    """

    find: Callable[[], Release | None]
    env: Mapping[str, str]
    failures: list[str] = field(default_factory=list)
    _since: "tuple[datetime, float] | None" = None
    _queue: "SimpleQueue[Event | None]" = field(default_factory=SimpleQueue)
    _thread: threading.Thread | None = None

    def hear(self, event: Event) -> None:
        """Take an event to be drawn; returns at once."""
        self._queue.put(event)
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="grafana", daemon=True)
            self._thread.start()

    def alarm(self, error: CanaryError) -> None:
        """A rollback that failed is an event as well."""

    def close(self) -> None:
        """Wait a little for what is still to be sent."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(LAST_CALL)
            self._thread = None

    def _tell(self) -> None:
        while (event := self._queue.get()) is not None:
            for body in self._drawn(event):
                if self.failures:
                    return
                self._send(body)

    def _drawn(self, event: Event) -> list[dict[str, Any]]:
        """The annotations that an event makes: the stage it ends, and itself."""
        found = []
        if event.type in {"shift_confirmed", "rollback_confirmed", "ended"} and self._since:
            at, share = self._since
            text = f"{percent(share)} of the traffic"
            found.append(self._body(text, at, end=event.at))
            self._since = None
        if event.type == "shift_confirmed" and event.fields.get("to"):
            self._since = (event.at, float(event.fields["to"]))
        if event.type in POINTS:
            found.append(self._body(event.message, event.at, word=event.type))
        return found

    def _body(
        self, text: str, at: datetime, *, end: datetime | None = None, word: str = "stage"
    ) -> dict[str, Any]:
        tags, release = ["canary", word], self._release()
        if release is not None:
            tags += [release.endpoint, release.name]
            text = f"{release.endpoint} {release.baseline} → {release.name}: {text}"
        over = {} if end is None else {"timeEnd": _milliseconds(end)}
        return {"time": _milliseconds(at), **over, "tags": tags, "text": in_line(text)}

    def _send(self, body: Mapping[str, Any]) -> None:
        address = self.env[URL].rstrip("/") + "/api/annotations"
        try:
            post(address, body, token=self.env.get(TOKEN, ""))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the release goes on
            said = error.said if isinstance(error, CanaryError) else type(error).__name__
            self.failures.append(f"Grafana has no annotations: {mask(in_line(said), self.env)}")

    def _release(self) -> Release | None:
        try:
            return self.find()
        except CanaryError:
            return None


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
