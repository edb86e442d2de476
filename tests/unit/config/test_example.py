"""The example file of the documentation means exactly this."""

from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from canarycli.config import Config, EndpointConfig, Notify, config_schema, lint, load
from canarycli.metrics import Metric
from canarycli.plan import Better, Check, Margin, Plan, Role, Stage, Then, Wait

EXAMPLE = Path(__file__).with_name("example.yaml")

STANDARD = Plan(
    name="standard",
    stages=(
        Stage(5, timedelta(minutes=15)),
        Stage(25, timedelta(minutes=20)),
        Stage(50, timedelta(minutes=20), Then.HOLD),
        Stage(100, timedelta(0)),
    ),
    checks=(
        Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005)),
        Check("latency_p99", Metric("latency_p99"), no_worse_by=Margin(relative=0.2)),
        Check(
            "approval rate",
            Metric(
                "approval rate",
                source={
                    "cloudwatch": {
                        "namespace": "FraudScorer",
                        "name": "ApprovalRate",
                        "dimensions": {"VariantName": "{arm}"},
                    }
                },
            ),
            no_worse_by=Margin(absolute=0.02),
            better=Better.HIGHER,
            min_requests=3000,
        ),
        Check("cpu", Metric("cpu"), never_above=85, role=Role.WATCH),
    ),
    read_every=timedelta(minutes=1),
    fails_after=3,
    unclear_after=timedelta(minutes=45),
    on_fail=Then.ROLLBACK,
    on_unclear=Wait(timedelta(minutes=30), Then.ROLLBACK),
    on_no_metrics=Wait(timedelta(minutes=10), Then.ROLLBACK),
)


def test_the_example_loads_as_it_reads() -> None:
    config = load(EXAMPLE, cwd=EXAMPLE.parent, env={})

    assert config == Config(
        path=EXAMPLE,
        endpoints={
            "fraud-scorer": EndpointConfig(
                "fraud-scorer",
                "sagemaker",
                "fraud-scorer",
                settings={"region": "us-east-1"},
                plan="standard",
            ),
            "ranker": EndpointConfig(
                "ranker",
                "vertex",
                "6313430951061880832",
                settings={"project": "acme-ml", "region": "europe-west4"},
            ),
            "eta": EndpointConfig(
                "eta",
                "azureml",
                "eta",
                settings={
                    "subscription": "0d1f0000-0000-4000-8000-000000000001",
                    "resource_group": "ml-prod",
                    "workspace": "eta-ws",
                },
            ),
        },
        plans={"standard": STANDARD},
        notify=(Notify("${CANARY_SLACK_URL}", ("failed", "rolled_back", "promoted")),),
    )


def test_the_example_has_no_problems() -> None:
    assert lint(EXAMPLE) == ()


def test_the_old_version_stays_for_an_hour_where_nobody_says() -> None:
    config = load(EXAMPLE, cwd=EXAMPLE.parent, env={})

    assert config.endpoints["eta"].keep_baseline == timedelta(hours=1)


def test_two_mistakes_are_both_told_with_line_and_column(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("no_worse_by: 20%", "no_worse_by: 20").replace(
        "min_requests", "min_request"
    )
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    problems = lint(Path("canary.yaml"), cwd=tmp_path)

    assert [str(problem) for problem in problems] == [
        (
            'canary.yaml:29:44: no_worse_by: "20" has no unit, write 20% or 20ms'
            "   (plans.standard.checks[1])"
        ),
        (
            "canary.yaml:35:9: unknown key min_request, did you mean min_requests?"
            "   (plans.standard.checks[2])"
        ),
    ]


@pytest.mark.parametrize(
    "validator",
    [jsonschema.Draft7Validator, jsonschema.Draft202012Validator],
    ids=["draft-07", "2020-12"],
)
def test_the_json_schema_is_sound_and_takes_the_example(
    validator: type[jsonschema.Draft7Validator | jsonschema.Draft202012Validator],
) -> None:
    schema = config_schema()

    validator.check_schema(schema)
    validator(schema).validate(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "mistake",
    ["bake: 15", "percents: 5", "percent: 101", "percent: 0", "then: rollback", "bake: 15:00"],
)
def test_the_json_schema_refuses(mistake: str) -> None:
    stage = {"percent": 5, **yaml.safe_load(mistake)}

    valid = jsonschema.Draft7Validator(config_schema()).is_valid(
        {"plans": {"standard": {"stages": [stage]}}}
    )

    assert not valid


def test_the_json_schema_describes_durations_and_margins() -> None:
    definitions = config_schema()["$defs"]

    bake = definitions["StageModel"]["properties"]["bake"]
    margin = definitions["CheckModel"]["properties"]["no_worse_by"]

    assert "such as 15m or 1h30m" in bake["description"]
    assert "0.5pp" in margin["description"]
    assert {"pattern", "type"} <= bake.keys() & margin.keys()
