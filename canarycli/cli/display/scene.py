"""What a frame is made from: a release, its story, the time, and what a person looks at. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from canarycli.engine.lease import is_driven
from canarycli.journal import Event
from canarycli.late_methods import dataclass
from canarycli.report.headline import Headline, headline
from canarycli.report.story import Story, told
from canarycli.store import Record

View = int | str
"""The number of a check, counted from 1, for its chart; `TABLE`, `LOG` or `HELP`."""
TABLE, LOG, HELP = "table", "log", "help"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a frame is made from.

    Attributes:
        story: the release and what happened so far.
        status: the same as `canary status -o json` has it.
        now: the time.
        driven: whether anybody was heard within a lease.
        prompt: what is asked below, "" for the keys.
        sparks: whether the terminal can draw them.
        view: what stands in the middle: the table, the log, the help, or the chart of a check.
        watches: whether this screen could begin to drive.
    """

    story: Story
    status: Mapping[str, Any]
    now: datetime
    driven: bool
    prompt: str = ""
    sparks: bool = True
    view: View = TABLE
    watches: bool = True

    @property
    def alone(self) -> bool:
        """Whether nobody drives what somebody should."""
        release = self.story.release
        return not (self.driven or release.over or release.rests)

    @property
    def since_reading(self) -> timedelta | None:
        """How long ago the metrics were read, None if they never were."""
        readings = self.story.readings
        return self.now - readings[-1].at if readings else None

    @property
    def headline(self) -> Headline:
        """What the checks say together."""
        judged = self.story.release.verdict is not None
        return headline(self.story.checks, since_reading=self.since_reading if judged else None)


def scene_of(
    record: Record,
    events: Sequence[Event],
    status: Mapping[str, Any],
    now: datetime,
    *,
    prompt: str = "",
    sparks: bool = True,
    view: View = TABLE,
    driven: bool = False,
    watches: bool = True,
) -> Scene:
    """A release as it is recorded, ready to be drawn.

    Whether anybody drives is told from when the driver was heard, unless it is known: `driven`.
    """
    driven = driven or is_driven(record, now)
    story = told(record.release, events, now)
    return Scene(story, status, now, driven, prompt, sparks, view, watches)
