"""`{alarm: NAME}` as a check: an alarm that exists already, as the provider understands it."""

from pathlib import Path

import jsonschema
import pytest

from canarycli.config import config_schema, load
from canarycli.metrics import Metric, Unit
from canarycli.plan import Check, Role


def checked(folder: Path, *checks: str) -> tuple[Check, ...]:
    lines = "".join(f"      - {check}\n" for check in checks)
    (folder / "canary.yaml").write_text(
        f"plans:\n  p:\n    stages: [{{percent: 5}}]\n    checks:\n{lines}"
    )
    return load(None, cwd=folder, env={}).plans["p"].checks


def test_an_alarm_gates_by_its_state(tmp_path: Path) -> None:
    (check,) = checked(tmp_path, "{alarm: high-5xx}")

    source = {"cloudwatch": {"alarm": "high-5xx"}}
    assert check == Check(
        "alarm high-5xx", Metric("alarm high-5xx", source=source), never_above=0.5
    )


def test_a_check_says_what_it_is_called_and_how_much_it_weighs(tmp_path: Path) -> None:
    (check,) = checked(tmp_path, "{alarm: 'high-{arm}', name: 5xx, role: watch, critical: true}")

    assert check.metric.source == {"cloudwatch": {"alarm": "high-{arm}"}}
    assert (check.name, check.role, check.critical) == ("5xx", Role.WATCH, True)


def test_an_alarm_named_as_a_metric_stays_apart_from_it(tmp_path: Path) -> None:
    metric, alarm = checked(tmp_path, "{metric: cpu, never_above: 85}", "{alarm: cpu}")

    assert metric.metric.key != alarm.metric.key
    assert alarm.metric.unit is Unit.NONE


@pytest.mark.parametrize(
    ("check", "sound"),
    [
        ({"alarm": "high-5xx"}, True),
        ({"alarm": "high-5xx", "name": "a", "role": "watch", "critical": True}, True),
        ({"alarm": "high-5xx", "never_above": 1}, False),
        ({"alarm": "high-5xx", "metric": "cpu", "never_above": 1}, False),
        ({"alarm": ""}, False),
    ],
)
def test_the_json_schema_knows_it(check: object, sound: bool) -> None:  # noqa: FBT001 - a table
    data = {"plans": {"p": {"stages": [{"percent": 5}], "checks": [check]}}}

    assert jsonschema.Draft7Validator(config_schema()).is_valid(data) is sound
