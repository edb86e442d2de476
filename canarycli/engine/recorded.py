"""Asks an endpoint's own recorded answers, as a source is asked, and joins their labels."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from canarycli.answers import (
    Pace,
    Paths,
    Told,
    counted,
    joined,
    refuse_labels,
    shares,
    told,
    within,
)
from canarycli.errors import Unsupported
from canarycli.labels import LABELLED, Labelling, mature_after
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Origin, Window
from canarycli.provider import Provider
from canarycli.recorder import MOST, USUAL_DELAY, Budget, Recorder
from canarycli.registry import load_source
from canarycli.source import Arm
from canarycli.verbs import offers

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(hours=2)
"""What is read of one version's past: whole answers are read, and a day of them is a lot."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An endpoint's recorded answers, as one metric's origin has them read."""

    provider: Provider
    origin: Origin
    arms: Sequence[Arm]

    @property
    def pace(self) -> Pace:
        """How long a period is, and how late it is: until its labels are in, where it has any."""
        settings = self.origin.settings
        delay = settings.get("delay") or USUAL_DELAY
        return Pace(settings.get("period") or MINUTE, max(delay, self.mature))

    @property
    def mature(self) -> timedelta:
        """How old a period is when its labels are all there; nothing without labels."""
        return mature_after(self.origin)

    @property
    def versions(self) -> list[str]:
        """The arms by the provider's names."""
        return [arm.version for arm in self.arms]

    def measure(self, metrics: Collection[Metric], window: Window) -> Measurements:
        """What the versions said in a window, counted by period.

        Raises:
            Unsupported: the provider keeps no answers, or nothing is kept of a version.
        """
        paths = Paths.of(self.origin.settings, {metric.by for metric in metrics if metric.by})
        found: Iterable[Told] = self._said(paths, self._asked(window))
        if self.origin.kind == LABELLED:
            found = self._right(list(found), window)
        else:
            refuse_labels(metrics)
        series = counted(found, paths, metrics, pace=self.pace, versions=self.versions)
        return Measurements(window, window.end, series, self._queries(metrics))

    def values(self, fields: Collection[str], window: Window) -> Mapping[str, Mapping[str, float]]:
        """The part of the answers in a window that has each value of some fields.

        Raises:
            Unsupported: the provider keeps no answers, or nothing is kept of a version.
        """
        paths = Paths.of(self.origin.settings, fields)
        return shares(self._said(paths, self._asked(window)), paths)

    def _asked(self, window: Window) -> Window:
        """The part of a window whose periods are whole, and not more of the past than need be."""
        end = window.end - self.mature
        start = max(window.start, end - LONGEST) if len(self.arms) < 2 else window.start
        return replace(window, start=min(start, end), end=end)

    def _said(self, paths: Paths, window: Window) -> Iterable[Told]:
        if not offers(self.provider, Recorder):
            raise Unsupported("this provider's cloud keeps no answers")
        settings = self.origin.settings
        budget = Budget(float(settings.get("sample", 1.0)), int(settings.get("at_most", MOST)))
        answers = self.provider.answers(self.arms[0].endpoint, self.versions, window, budget)
        return told(answers, paths, window, period=self.pace.period, versions=self.versions)

    def _right(self, answers: Sequence[Told], window: Window) -> Iterable[Told]:
        """The answers with their labels, which nobody remembers afterwards."""
        if not answers:
            return answers
        spec = self.origin.settings["labels"]
        keys = dict.fromkeys(one.key for one in answers if one.key)
        since = replace(window, start=min(one.at for one in answers))
        labels = self._labelling(spec).labels(spec["spec"], keys, since)
        return joined(answers, within(labels), self.mature + self.pace.period)

    def _labelling(self, spec: Mapping[str, Any]) -> Labelling:
        known = spec.get("source")
        who = load_source(Origin(**known)) if known else self.provider
        if not offers(who, Labelling):
            name = f"source {known['name']}" if known else "this provider's cloud"
            raise Unsupported(f"{name} can't be asked for labels")
        return who

    def _queries(self, metrics: Collection[Metric]) -> dict[str, str]:
        recording = self.provider.recording if offers(self.provider, Recorder) else None
        kept = recording(self.arms[0].endpoint) if recording else {}
        where = ", ".join(sorted({kept[v].where for v in self.versions if v in kept}))
        part = float(self.origin.settings.get("sample", 1.0))
        text = f"answers in {where}" + ("" if part >= 1 else f", {part:.0%} of them")
        if self.origin.kind == LABELLED:
            spec = self.origin.settings["labels"]
            there = spec["spec"].get("files") or spec["source"]["name"]
            text += f", with labels of {there} after {self.mature}"
        return dict.fromkeys((metric.key for metric in metrics), text)
