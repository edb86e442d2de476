"""A release as the things that happened to it, in order, ready to be told in any form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from canarycli.journal import Event
from canarycli.judge.finding import WORST_FIRST
from canarycli.late_methods import dataclass
from canarycli.plan import Check
from canarycli.release.record import Outcome, Release
from canarycli.release.rows import failed_requests
from canarycli.traffic import percent

Row = Mapping[str, Any]
"""One check at one reading, as `canary schema events` has it, and its `kind`."""

SYMBOLS: Mapping[Outcome | None, str] = {
    Outcome.PROMOTED: "✔",
    Outcome.ROLLED_BACK: "↩",
    Outcome.INCONCLUSIVE: "◔",
    Outcome.NO_METRICS: "?",
    Outcome.STOPPED: "■",
    Outcome.UNSAFE: "✖",
    Outcome.SUPERSEDED: "■",
    None: "●",
}
CEILING, FLOOR = "ceiling", "floor"
"""The `kind` of a row whose candidate is held to a limit of its own; "" where it is compared."""

ROUTINE = frozenset({"read", "shift_requested", "shift_accepted"})
"""Events that are no news by themselves."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the metrics.

    Attributes:
        at: when.
        stage: counted from 1.
        verdict: of the release, the worst of the checks that decide.
        checks: one row a check.
    """

    at: datetime
    stage: int
    verdict: str
    checks: tuple[Row, ...]

    def check(self, name: str) -> Row | None:
        """The row of that check, None if it was not judged."""
        return next((row for row in self.checks if row["name"] == name), None)


@dataclass(frozen=True, slots=True)
class Story:
    """A release and what happened to it.

    Attributes:
        release: its newest record.
        readings: every look at the metrics.
        shares: the candidate's percent from each moment on.
        moments: what happened besides the readings, and the readings that said something new.
        now: when the story is told.
        links: pages of the cloud that show the endpoint, by what they show.
    """

    release: Release
    readings: tuple[Reading, ...]
    shares: tuple[tuple[datetime, float], ...]
    moments: tuple[Event, ...]
    now: datetime
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def pages(self) -> Mapping[str, str]:
        """Every address to look at, the pipeline's run among them, by what it shows."""
        run = {"run": self.release.ref} if self.release.ref else {}
        known = {**self.links, **run}
        return {k: v for k, v in known.items() if v.startswith(("https://", "http://"))}

    @property
    def end(self) -> datetime:
        """When the release ended; now, while it is open."""
        return self.release.ended_at or self.now

    @property
    def took(self) -> timedelta:
        """From start to end."""
        return self.end - self.release.started_at

    @property
    def candidate(self) -> str:
        """The candidate, or the model it was to be made from."""
        return self.release.candidate or self.release.model

    @property
    def symbol(self) -> str:
        """The outcome's sign."""
        return SYMBOLS.get(self.release.outcome, "✖")

    @property
    def headline(self) -> str:
        """`rolled back at 25%`, `promoted`, `running at 5%`."""
        release = self.release
        word = release.outcome_words
        if release.outcome is Outcome.PROMOTED:
            return word
        return f"{word} at {percent(release.reached if release.over else release.target)}"

    @property
    def checks(self) -> tuple[Row, ...]:
        """The rows of the reading that decided, the worst first."""
        if not self.readings:
            return ()
        return tuple(
            sorted(self.readings[-1].checks, key=lambda row: WORST_FIRST.index(row["verdict"]))
        )

    @property
    def of_former_share(self) -> str:
        """The share that the newest reading is of where another is in force by now, else ""."""
        release = self.release
        if release.over or release.verdict is not None or not self.readings:
            return ""
        at = self.readings[-1].at
        return next((percent(share) for since, share in self.shares[::-1] if since <= at), "")

    @property
    def sentence(self) -> str:
        """Why it ended so and what it cost, in one or two sentences."""
        release = self.release
        told = [_sentence(release.why_words)] if release.why_words else []
        if release.over:
            traffic = ", ".join(f"{n} {percent(s)}" for n, s in release.traffic.items() if s)
            told.append(f"Traffic is at {traffic} since {self.end:%H:%M:%S} UTC")
            if release.extra >= 1 and release.outcome is not Outcome.PROMOTED:
                told[-1] += f"; about {failed_requests(release.extra)}"
            told[-1] += "."
        return " ".join(told)

    @property
    def marks(self) -> Iterator[tuple[datetime, str]]:
        """The moments that a chart names: stages that were passed, and the way back."""
        passed = set[int]()
        for event in self.moments:
            if event.type == "stage_passed":
                number = int(event.fields.get("stage") or 1)
                if number in passed:  # somebody went on from its hold
                    continue
                passed.add(number)
                stage = self.release.plan.stages[min(number, len(self.release.plan.stages)) - 1]
                yield event.at, f"{percent(stage.percent)} passed"
            elif event.type == "rollback_confirmed":
                yield event.at, "rolled back"

    def stage_length(self, reading: Reading) -> timedelta:
        """From when the share of a reading's stage was in place to the reading."""
        since = [at for at, share in self.shares if at <= reading.at and share]
        return reading.at - (since[-1] if since else self.release.started_at)

    def last_of_stages(self) -> Iterator[Reading]:
        """The last reading of each stage, in order."""
        last = {reading.stage: reading for reading in self.readings}
        yield from (last[stage] for stage in sorted(last))


def told(
    release: Release,
    events: Sequence[Event],
    now: datetime,
    links: Mapping[str, str] = MappingProxyType({}),
) -> Story:
    """The story of a release from its journal.

    Args:
        release: its newest record.
        events: the whole journal, in order.
        now: the time; what is noted later, by a pretend clock, is no less so.
        links: pages of the cloud that show the endpoint, by what they show.
    """
    kinds = {check.name: _kind(check) for check in release.plan.checks}
    readings = tuple(
        Reading(
            event.at,
            int(event.fields["stage"]),
            str(event.fields["verdict"]),
            tuple({**row, "kind": kinds.get(row["name"], "")} for row in event.fields["checks"]),
        )
        for event in events
        if event.type == "read" and event.fields.get("checks")
    )
    now = max(now, release.started_at, *(event.at for event in events[-1:]))
    return Story(release, readings, tuple(_shares(events)), tuple(_moments(events)), now, links)


def _kind(check: Check) -> str:
    if check.never_above is not None:
        return CEILING
    return FLOOR if check.never_below is not None else ""


def _shares(events: Sequence[Event]) -> Iterator[tuple[datetime, float]]:
    share = 0.0
    for event in events:
        if event.type in {"shift_confirmed", "rollback_confirmed"}:
            new = float(event.fields.get("to", 0.0))
            if new != share:
                yield event.at, new
            share = new


def _moments(events: Sequence[Event]) -> Iterator[Event]:
    verdict = ""
    for event in events:
        if event.type == "read" and event.fields.get("verdict") != verdict:
            verdict = str(event.fields.get("verdict"))
            yield event
        elif event.type not in ROUTINE:
            yield event


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
