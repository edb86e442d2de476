"""`predictions:` of an endpoint: read into its metrics, and every mistake with its place."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from canarycli.codec import from_json, to_json
from canarycli.config import config_schema, lint, load
from canarycli.config.recorded import recorded
from canarycli.config.writing import plan_data
from canarycli.metrics import Metric, Unit
from canarycli.plan import Better, Check

FILE = """\
endpoints:
  fraud:
    provider: sagemaker
    predictions: {each: predictions, class: label, score: score, sample: 10%, delay: 5m}
plans:
  p:
    stages: [{percent: 5}]
    checks:
    - {metric: class_share(fraud), differs_by: 1pp}
    - {metric: scores, differs_by: 5pp}
    - {metric: accuracy, no_worse_by: 1pp}
    - {metric: errors, no_worse_by: 1pp}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "canary.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_metrics_of_answers_carry_how_they_are_read(tmp_path: Path) -> None:
    config = load(written(tmp_path, FILE), cwd=tmp_path, env={})
    predictions = config.endpoints["fraud"].predictions

    checks = recorded(config.plans["p"], predictions).checks

    assert predictions == {
        "each": "predictions",
        "class": "label",
        "score": "score",
        "sample": 0.1,
        "delay": timedelta(minutes=5),
    }
    origin = checks[0].metric.origin
    assert origin is not None
    assert (origin.kind, origin.settings) == ("recorded", predictions)
    assert [check.metric.origin for check in checks] == [origin, origin, origin, None]
    assert checks[0].metric.key == "class_share(fraud)"
    assert checks[2].better is Better.HIGHER
    assert "predictions" not in config.endpoints["fraud"].settings


def test_what_an_answer_is_cut_at_is_its_checks_cap(tmp_path: Path) -> None:
    text = FILE.replace("metric: scores, differs_by: 5pp", "metric: answer_tokens, differs_by: 5%")
    text = text.replace("accuracy, no_worse_by: 1pp", "answer_length, never_above: 800")
    text = text.replace("differs_by: 5%", "differs_by: 5%, cap: 1024")
    assert lint(written(tmp_path, text)) == ()
    jsonschema.validate(yaml.safe_load(text), config_schema())
    config = load(written(tmp_path, text), cwd=tmp_path, env={})
    plan = recorded(config.plans["p"], config.endpoints["fraud"].predictions)

    _, tokens, length, _ = plan.checks

    assert (tokens.name, tokens.cap, tokens.metric.key) == (
        "answer_tokens",
        1024,
        "answer_tokens(1024)",
    )
    assert (length.name, length.metric.about, length.metric.unit) == (
        "answer_length",
        "",
        Unit.COUNT,
    )
    assert plan_data(plan)["checks"][1] == {
        "metric": "answer_tokens",
        "differs_by": "5%",
        "cap": 1024,
    }


WITH_LABELS = """\
sources:
  books: {postgres: {dsn_env: BOOKS}}
endpoints:
  fraud:
    provider: sagemaker
    predictions: {class: label, key: id}
    labels: {from: books, query: truth.sql, mature_after: 6h, at: known_at}
plans:
  p:
    stages: [{percent: 5}]
    checks:
    - {metric: accuracy, no_worse_by: 1pp}
    - {metric: error_over(20), no_worse_by: 1pp}
    - {metric: class_share(fraud), differs_by: 1pp}
"""


def test_metrics_of_labelled_answers_carry_where_their_labels_are(tmp_path: Path) -> None:
    (tmp_path / "truth.sql").write_text("SELECT key, label FROM truth", encoding="utf-8")
    config = load(written(tmp_path, WITH_LABELS), cwd=tmp_path, env={})
    endpoint = config.endpoints["fraud"]

    right, off, says = recorded(config.plans["p"], endpoint.predictions, endpoint.labels).checks

    assert right.metric.origin is not None
    assert right.metric.origin == off.metric.origin
    assert right.metric.origin.settings["labels"] == {
        "mature_after": timedelta(hours=6),
        "spec": {
            "query": "SELECT key, label FROM truth",
            "key": "key",
            "label": "label",
            "at": "known_at",
        },
        "source": {"name": "books", "kind": "postgres", "settings": {"dsn_env": "BOOKS"}},
    }
    assert says.metric.origin is not None
    assert says.metric.origin.kind == "recorded"
    assert from_json(Check, to_json(right)) == right
    assert "labels" not in endpoint.settings


LABEL_MISTAKES: Mapping[str, tuple[str, str]] = {
    "no place": ("{mature_after: 6h}", "labels need their place"),
    "two places": ("{mature_after: 6h, from: a, files: s3://b}", "labels have one place"),
    "no source": ("{mature_after: 6h, from: book}", 'no source "book", did you mean books?'),
    "no s3": ("{mature_after: 6h, files: /tmp}", "is no place on S3"),
    "too late": ("{mature_after: 3d, files: s3://b}", "longer than 48h"),
    "no maturity": ("{files: s3://b}", "mature_after is missing"),
    "unknown": ("{files: s3://b, mature_after: 6h, querry: x}", "did you mean query?"),
}


@pytest.mark.parametrize(("labels", "expected"), LABEL_MISTAKES.values(), ids=LABEL_MISTAKES.keys())
def test_a_mistake_in_labels_has_a_sentence(tmp_path: Path, labels: str, expected: str) -> None:
    text = (
        "sources: {books: {postgres: {dsn_env: B}}}\n"
        f"endpoints: {{fraud: {{provider: sagemaker, labels: {labels}}}}}"
    )
    found = [problem.message for problem in lint(written(tmp_path, text))]

    assert any(expected in message for message in found), found


def test_a_provider_that_measures_answers_itself_is_asked_itself(tmp_path: Path) -> None:
    config = load(written(tmp_path, FILE), cwd=tmp_path, env={})
    plan = config.plans["p"]

    assert recorded(plan, {"class": "label"}, measured=True) == plan
    assert recorded(plan, {}).checks[0].metric == Metric("class_share", about="fraud")


def test_the_schema_takes_them(tmp_path: Path) -> None:
    jsonschema.validate(yaml.safe_load(FILE), config_schema())
    assert lint(written(tmp_path, FILE)) == ()


MISTAKES: Mapping[str, tuple[str, str]] = {
    "an unknown key": ("{klass: label}", "unknown key klass"),
    "a path that is none": ("{class: [a]}", "write a JMESPath"),
    "too much": ("{sample: 300%}", "is not a part of all answers"),
    "no size": ("{at_most: 64}", "is not a size, write it such as 64MB"),
}


@pytest.mark.parametrize(("predictions", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_has_a_sentence(tmp_path: Path, predictions: str, expected: str) -> None:
    text = f"endpoints: {{fraud: {{provider: sagemaker, predictions: {predictions}}}}}"
    found = [problem.message for problem in lint(written(tmp_path, text))]

    assert any(expected in message for message in found), found


def test_a_share_says_of_what(tmp_path: Path) -> None:
    text = FILE.replace("class_share(fraud)", "class_share")
    found = [problem.message for problem in lint(written(tmp_path, text))]

    assert any("says of what: class_share(fraud)" in message for message in found), found


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("{metric: errors, no_worse_by: 1pp, by: country}", "errors is not told by answer"),
        (
            "{metric: {name: x, from: dog, n: a, bad: b}, no_worse_by: 1pp, by: country}",
            "datadog tells nothing apart by a field",
        ),
        (
            "{metric: {name: x, from: prom, promql: 'a{v=:arm}'}, no_worse_by: 1pp, by: country}",
            "write counter:",
        ),
        (
            "{metric: {name: x, cloudwatch: {namespace: a, name: b}}, never_above: 1, by: c}",
            "only answers, rows of a query and counters have fields",
        ),
        ("{metric: scores, differs_by: 1pp, at_most: 3}", "at_most goes with by:"),
        ("{metric: errors, never_above: 2%, gates: end}", "goes with no_worse_by or differs_by"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path: Path, check: str, expected: str) -> None:
    sources = "{dog: {datadog: {}}, prom: {prometheus: {url: 'https://p'}}}"
    plan = f"{{p: {{stages: [{{percent: 5}}], checks: [{check}]}}}}"
    text = f"sources: {sources}\nplans: {plan}"
    found = [problem.message for problem in lint(written(tmp_path, text))]

    assert any(expected in message for message in found), found


def test_scores_are_neither_good_nor_bad(tmp_path: Path) -> None:
    text = FILE.replace("scores, differs_by", "scores, no_worse_by")
    found = [problem.message for problem in lint(written(tmp_path, text))]

    assert any("write differs_by" in message for message in found), found
