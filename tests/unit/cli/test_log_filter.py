"""A log says what changed, what fails, and now and then that it is alive."""

from datetime import UTC, datetime, timedelta

from canarycli.cli.display.log_filter import News
from canarycli.journal import Event

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reading(minute: float, verdict: str, level: str = "info") -> Event:
    checks = [{"name": "errors_5xx", "verdict": verdict}]
    fields = {"stage": 1, "verdict": verdict, "checks": checks}
    return Event("read", NOON + timedelta(minutes=minute), "", level, fields)


def test_a_reading_like_the_last_one_is_no_news() -> None:
    news = News()
    assert news.worth_a_line(reading(0, "pass"))
    assert not news.worth_a_line(reading(1, "pass"))


def test_another_verdict_is_news() -> None:
    news = News()
    news.worth_a_line(reading(0, "inconclusive"))
    assert news.worth_a_line(reading(1, "pass"))


def test_every_failing_reading_is_news() -> None:
    news = News()
    news.worth_a_line(reading(0, "fail", "warning"))
    assert news.worth_a_line(reading(1, "fail", "warning"))


def test_five_quiet_minutes_are_broken_by_a_sign_of_life() -> None:
    news = News()
    news.worth_a_line(reading(0, "pass"))
    assert [news.worth_a_line(reading(m, "pass")) for m in range(1, 7)].index(True) == 4


def test_any_other_event_is_news_and_a_sign_of_life() -> None:
    news = News()
    news.worth_a_line(reading(0, "pass"))
    assert news.worth_a_line(Event("shift_accepted", NOON + timedelta(minutes=4), ""))
    assert not news.worth_a_line(reading(6, "pass"))


def test_progress_is_told_when_it_changes() -> None:
    news = News()
    steps = [Event("deploying", NOON, text) for text in ("creating", "creating", "starting")]
    assert [news.worth_a_line(step) for step in steps] == [True, False, True]


def test_a_bake_without_checks_shows_a_sign_of_life_every_five_minutes() -> None:
    news = News()
    news.worth_a_line(Event("shift_confirmed", NOON, ""))
    due = [minute for minute in range(13) if news.is_quiet(NOON + timedelta(minutes=minute))]
    assert due == [5, 10]


def test_a_change_that_is_asked_for_again_is_no_news_until_it_was_accepted() -> None:
    news = News()
    asking = Event("shift_requested", NOON, "asking for v42 0%")
    assert [news.worth_a_line(asking) for _ in range(3)] == [True, False, False]
    news.worth_a_line(Event("shift_accepted", NOON, "the cloud accepted v41 100%"))
    assert news.worth_a_line(asking)


def test_what_is_tried_again_is_told_once_until_something_happens() -> None:
    news = News()
    asked, waits = (Event(kind, NOON, kind) for kind in ("shift_requested", "waiting"))
    taken = Event("shift_accepted", NOON, "taken")

    told = [e.type for e in (asked, waits, asked, waits, taken, asked) if news.worth_a_line(e)]

    assert told == ["shift_requested", "waiting", "shift_accepted", "shift_requested"]
