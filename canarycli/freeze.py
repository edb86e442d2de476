"""Times in which nothing goes up: by cron and time zone, as calendars of companies have them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from canarycli.late_methods import dataclass

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=31)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class Freeze:
    """From each time that a cron line names, for so long.

    Attributes:
        start: minute, hour, day of the month, month, day of the week, as cron has them.
        length: up to 31 days.
        zone: whose clock it is by, `Europe/Berlin`.
        why: for people.
    """

    start: str
    length: timedelta
    zone: str = "UTC"
    why: str = ""

    def __post_init__(self) -> None:
        _cron(self.start)
        if not timedelta(0) < self.length <= LONGEST:
            raise ValueError("a freeze lasts up to 31 days")
        _zone(self.zone)

    def until(self, now: datetime) -> datetime | None:
        """When the freeze that `now` lies in ends, None outside of one."""
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        began = _begun(self.start, self.zone, -(-self.length // MINUTE), minute)
        return began + self.length if began and now < began + self.length else None

    def said(self, until: datetime) -> str:
        """`change freeze, weekend, until Mon 05:00 CET`."""
        when = until.astimezone(_zone(self.zone))
        why = f", {self.why}," if self.why else ""
        return f"change freeze{why} until {when:%a %d %b %H:%M %Z}"


def in_force(freezes: Sequence[Freeze], now: datetime) -> str:
    """The freeze of now in words, the one that ends last; "" outside of any."""
    found = [(until, freeze) for freeze in freezes if (until := freeze.until(now))]
    if not found:
        return ""
    until, freeze = max(found, key=lambda one: one[0])
    return freeze.said(until)


def thawed(freezes: Sequence[Freeze], at: datetime) -> datetime:
    """The same time, or when the freeze it lies in ends."""
    return max((until for freeze in freezes if (until := freeze.until(at))), default=at)


@lru_cache(maxsize=64)
def _begun(start: str, name: str, minutes: int, minute: datetime) -> datetime | None:
    """The newest beginning within so many minutes; one answer for all releases of a minute."""
    first, zone = _cron(start), _zone(name)
    local = _wall(minute, zone)
    for back in range(minutes):
        began = minute - back * MINUTE
        before = _wall(began - MINUTE, zone)
        # A clock that is put forward leaves times out: what begins then begins at once.
        left_out = (local - before) // MINUTE - 1
        if first.matches(local) or any(
            first.matches(before + n * MINUTE) for n in range(1, left_out + 1)
        ):
            return began
        local = before
    return None


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows then."""
    return at.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def matches(self, local: datetime) -> bool:
        if local.minute not in self.minutes or local.hour not in self.hours:
            return False
        if local.month not in self.months:
            return False
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return day or weekday if self.either else day and weekday


@cache
def _cron(text: str) -> _Cron:
    words = text.lower().split()
    if len(words) != 5:
        raise ValueError(
            f'"{text}" is no cron line: minute, hour, day, month, weekday, as in 0 17 * * fri'
        )
    minute, hour, day, month, weekday = words
    # As cron has it: where both days are restricted, either will do.
    either = not day.startswith("*") and not weekday.startswith("*")
    return _Cron(
        frozenset(_field(minute, 0, 59)),
        frozenset(_field(hour, 0, 23)),
        frozenset(_field(day, 1, 31)),
        frozenset(_field(month, 1, 12, MONTHS, 1)),
        frozenset(number % 7 for number in _field(weekday, 0, 7, DAYS)),
        either,
    )


def _field(
    text: str, low: int, high: int, names: Sequence[str] = (), first: int = 0
) -> Iterator[int]:
    for part in text.split(","):
        span, _, step = part.partition("/")
        begin, _, end = span.partition("-")
        if span == "*":
            ends = (low, high)
        else:
            start = _number(begin, names, first)
            last = high if step and not end else start
            ends = (start, _number(end, names, first) if end else last)
        if step and (not step.isdecimal() or int(step) == 0):
            raise ValueError(f'"{part}" has no step that cron knows')
        if not low <= ends[0] <= ends[1] <= high:
            raise ValueError(f'"{part}" is not within {low} and {high}')
        yield from range(ends[0], ends[1] + 1, int(step or 1))


def _number(word: str, names: Sequence[str], first: int) -> int:
    if word in names:
        return names.index(word) + first
    if not word.isdecimal():
        raise ValueError(f'"{word}" is no number that cron knows')
    return int(word)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is no time zone, write one such as Europe/Berlin') from error
