"""What rows of a query may be, whatever store they come from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canarycli.errors import Rejected
from canarycli.metrics import Metric, Value, Window
from canarycli.source import Arm
from canarycli_sources.rows import series_of
from canarycli_sources.settings import Pace

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def points(*rows: dict[str, Any], **keys: Any) -> Any:
    given = [{"at": AT + i * MINUTE, "arm": "v2", **row} for i, row in enumerate(rows)]
    window = Window(AT, AT + 10 * MINUTE)
    pace = Pace(MINUTE, MINUTE)
    metric = Metric("per order", source=keys)
    return series_of(metric, given, [Arm("v2", "candidate")], window, pace)["v2"].points


def test_a_ratio_of_two_sums_has_both_and_its_requests() -> None:
    found = points({"n": 400, "sum": 900, "per": 40}, per="per")
    assert found == (Value(AT, 2.25, 400, 0.1),)


def test_its_columns_may_have_other_names() -> None:
    found = points({"n": 400, "paid": 900, "orders": 40}, per="orders", sum="paid")
    assert found == (Value(AT, 2.25, 400, 0.1),)


def test_a_period_without_a_number_of_it_is_missing() -> None:
    rows = ({"n": 0, "sum": 0, "per": 0}, {"n": 4, "sum": 9, "per": None})
    assert points(*rows, per="per") == ()


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(Rejected, match="no column 'orders'"):
        points({"n": 400, "sum": 900}, per="orders")
