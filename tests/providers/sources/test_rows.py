"""What rows of a query may be, whatever store they come from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canarycli.errors import Rejected
from canarycli.metrics import OTHER, Counts, Metric, Value, Window
from canarycli.source import Arm
from canarycli_sources.rows import series_of, values_of
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


BY_COUNTRY = [
    {"at": AT, "arm": "v2", "country": country, "n": n, "bad": bad, "sum": bad, "per": n / 10}
    for country, n, bad in (("DE", 600, 6), ("FR", 300, 60), ("IS", 60, 3), (None, 40, 1))
]
ONE = [Arm("v2", "candidate")]


def slice_of(value: str, /, **keys: Any) -> Any:
    metric = Metric("bought", source=keys, by="country", value=value, among=("DE", "FR"))
    window = Window(AT, AT + 10 * MINUTE)
    return series_of(metric, BY_COUNTRY, ONE, window, Pace(MINUTE, MINUTE))["v2"].points


def test_a_slice_has_its_own_rows_and_the_rest_those_of_all_others() -> None:
    assert slice_of("FR") == (Counts(AT, 300, 60),)
    assert slice_of(OTHER) == (Counts(AT, 100, 4),)
    assert slice_of(OTHER, mean=True) == (Value(AT, 0.04, 100),)
    assert slice_of(OTHER, per="per") == (Value(AT, 0.04, 100, 0.1),)


def test_the_values_of_a_field_are_counted_by_its_requests() -> None:
    elsewhere = {**BY_COUNTRY[0], "arm": "v1", "country": "US"}
    metric = Metric("bought", by="country")

    assert values_of(metric, [*BY_COUNTRY, elsewhere], ONE) == {"DE": 600, "FR": 300, "IS": 60}


def test_a_field_that_is_no_column_is_named() -> None:
    with pytest.raises(Rejected, match="no column 'continent'"):
        values_of(Metric("bought", by="continent"), BY_COUNTRY, ONE)


def test_two_rows_of_one_slice_are_not_added_up_where_they_have_no_requests() -> None:
    with pytest.raises(Rejected, match="two rows for one period"):
        points({"value": 1}, {"at": AT, "value": 2}, value="value")
    with pytest.raises(Rejected, match="two rows for one period"):
        slice_of(OTHER, value="sum")
