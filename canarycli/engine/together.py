"""Asks for the metrics of many releases in one call, where the cloud takes several at once."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Condition
from typing import Any

from canarycli.batch import Batching, Reading
from canarycli.errors import ProviderError, Unavailable
from canarycli.metrics import Measurements, Metric, Window

GATHER = timedelta(seconds=1.5)
"""How long the first waits for others; the metrics are older than that anyway."""


@dataclass(slots=True)
class _Asked:
    """One reading somebody waits for."""

    reading: Reading
    answer: "Future[Measurements]" = field(default_factory=Future)


class Together:
    """A provider whose `measure` waits a moment for others, and asks for all of them.

    Whoever comes first leads: it gathers the others, asks, and hands out the answers. Everything
    else is the provider's own.

    Args:
        provider: is asked.
        gather: how long the first waits for others.
        count: hears of how many readings a call was for.
    """

    def __init__(
        self,
        provider: Batching,
        gather: timedelta = GATHER,
        count: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._provider: Any = provider
        self._gather = gather.total_seconds()
        self._count = count
        self._changed = Condition()
        self._waiting: list[_Asked] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """The points of each metric on each version in the window."""
        mine = _Asked(Reading(endpoint, tuple(versions), tuple(metrics), window))
        with self._changed:
            self._waiting.append(mine)
            leads = len(self._waiting) == 1
            if leads:
                self._changed.wait_for(self._is_enough, self._gather)
                several, self._waiting = self._waiting, []
            else:
                self._changed.notify_all()
        if leads:
            self._ask(several)
        return mine.answer.result()

    def _is_enough(self) -> bool:
        return bool(self._provider.full([one.reading for one in self._waiting]))

    def _ask(self, several: Sequence[_Asked]) -> None:
        try:
            found = self._provider.measure_many([one.reading for one in several])
        except Unavailable as error:
            for one in several:
                one.answer.set_exception(error)
        except Exception:  # noqa: BLE001 - one of them may spoil it for all, so each is asked alone
            for one in several:
                self._ask_alone(one)
        else:
            self._count(len(several))
            for one, answer in zip(several, found, strict=True):
                if isinstance(answer, ProviderError):
                    one.answer.set_exception(answer)
                else:
                    one.answer.set_result(answer)

    def _ask_alone(self, one: _Asked) -> None:
        reading = one.reading
        try:
            answer = self._provider.measure(
                reading.endpoint, reading.versions, reading.metrics, reading.window
            )
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            one.answer.set_exception(error)
        else:
            self._count(1)
            one.answer.set_result(answer)
