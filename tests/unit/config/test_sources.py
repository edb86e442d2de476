"""`sources:` in canary.yaml: what a metric takes from them, and every mistake with its place."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from canarycli.config import config_schema, lint, load
from canarycli.config.options import plan_from_word
from canarycli.config.writing import write_plan
from canarycli.errors import PlanError
from canarycli.metrics import Metric, Origin, Unit
from canarycli.plan import Margin

SOURCES = """\
sources:
  prom:
    prometheus:
      url: https://prom.acme.internal
      token_env: PROM_TOKEN
      header: {X-Scope-OrgID: ml}
    period: 30s
  shop: {http: {url: https://kpi.acme.internal}, delay: 5m}
plans:
  standard:
    stages: [{percent: 5, bake: 15m}]
    checks:
"""
COUNTER = "{name: declined, from: prom, counter: decisions_total, bad: {decision: reject}}"
PROM = Origin(
    "prom",
    "prometheus",
    {
        "url": "https://prom.acme.internal",
        "token_env": "PROM_TOKEN",
        "header": {"X-Scope-OrgID": "ml"},
        "period": timedelta(seconds=30),
    },
)


def file_with(*checks: str) -> str:
    return SOURCES + "".join(f"    - {check}\n" for check in checks)


def read(folder: Path, text: str) -> Path:
    path = folder / "canary.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_metric_carries_all_it_takes_to_ask_its_source(tmp_path: Path) -> None:
    path = read(tmp_path, file_with(f"{{metric: {COUNTER}, no_worse_by: 1pp}}"))

    (check,) = load(path, cwd=tmp_path, env={}).plans["standard"].checks

    assert check.name == "declined"
    assert check.metric == Metric(
        "declined",
        source={"counter": "decisions_total", "bad": {"decision": "reject"}},
        origin=PROM,
    )
    assert check.metric.unit is Unit.RATIO
    assert check.no_worse_by == Margin(absolute=0.01)


@pytest.mark.parametrize(
    ("metric", "margin", "unit", "expected"),
    [
        ("{name: v, from: shop, path: /v, value: v}", "3", Unit.NONE, Margin(absolute=3)),
        ("{name: t, from: shop, path: /t, value: s, unit: seconds}", "50ms", Unit.SECONDS, None),
        ("{name: m, from: shop, path: /m, mean: true}", "5%", Unit.NONE, Margin(relative=0.05)),
    ],
)
def test_a_margin_is_in_the_unit_of_the_metric(
    tmp_path: Path, metric: str, margin: str, unit: Unit, expected: Margin | None
) -> None:
    path = read(tmp_path, file_with(f"{{metric: {metric}, no_worse_by: {margin}}}"))

    (check,) = load(path, cwd=tmp_path, env={}).plans["standard"].checks

    assert check.metric.unit is unit
    assert check.no_worse_by == (expected or Margin(absolute=0.05))


def test_a_limit_on_both_sides_is_read_and_written_back(tmp_path: Path) -> None:
    path = read(tmp_path, file_with(f"{{metric: {COUNTER}, differs_by: 1pp}}"))
    plan = load(path, cwd=tmp_path, env={}).plans["standard"]

    assert plan.checks[0].differs_by == Margin(absolute=0.01)
    written = yaml.safe_load(write_plan(plan))
    assert written["checks"] == [{"metric": yaml.safe_load(COUNTER), "differs_by": "1pp"}]


def test_a_query_in_a_file_goes_into_the_plan(tmp_path: Path) -> None:
    text = """\
sources: {shop: {postgres: {dsn_env: SHOP_DSN}, delay: 10m}}
plans:
  p:
    stages: [{percent: 5}]
    checks:
    - {metric: {name: bought, from: shop, query: bought.sql}, better: higher, no_worse_by: 1pp}
"""
    (tmp_path / "bought.sql").write_text("SELECT 1", encoding="utf-8")

    (check,) = load(read(tmp_path, text), cwd=tmp_path, env={}).plans["p"].checks

    assert check.metric.source == {"query": "SELECT 1"}
    assert check.metric.origin is not None
    assert check.metric.origin.settings["dsn_env"] == "SHOP_DSN"
    assert check.metric.unit is Unit.RATIO
    for file in ("none.sql", "../bought.sql"):
        with pytest.raises(PlanError):
            load(read(tmp_path, text.replace("bought.sql", file)), cwd=tmp_path, env={})


def test_a_plan_is_written_with_the_names_of_its_sources(tmp_path: Path) -> None:
    path = read(tmp_path, file_with(f"{{metric: {COUNTER}, no_worse_by: 1pp}}"))
    plan = load(path, cwd=tmp_path, env={}).plans["standard"]

    written = yaml.safe_load(write_plan(plan))

    assert written["checks"] == [{"metric": yaml.safe_load(COUNTER), "no_worse_by": "1pp"}]


def test_the_schema_takes_sources_and_their_metrics(tmp_path: Path) -> None:
    text = file_with(f"{{metric: {COUNTER}, no_worse_by: 1pp}}")

    jsonschema.validate(yaml.safe_load(text), config_schema())
    assert lint(read(tmp_path, text)) == ()


def test_a_plan_of_its_own_has_no_sources(tmp_path: Path) -> None:
    path = read(tmp_path, file_with("{metric: cpu, never_above: 85}"))
    (tmp_path / "p.yaml").write_text(
        f"stages: [{{percent: 5}}]\nchecks: [{{metric: {COUNTER}, no_worse_by: 1pp}}]\n"
    )

    with pytest.raises(PlanError, match='this file has no source "prom"'):
        plan_from_word("p.yaml", load(path, cwd=tmp_path, env={}), cwd=tmp_path)


def test_the_examples_of_the_docs_are_fine(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/signals.md").read_text(encoding="utf-8")
    query = page.split("```sql\n")[1].split("```")[0]
    (tmp_path / "bought.sql").write_text(query, encoding="utf-8")
    kinds = []
    for example in page.split("```yaml\n")[1:]:
        path = read(tmp_path, example.split("```")[0])
        assert lint(path) == ()
        for plan in load(path, cwd=tmp_path, env={}).plans.values():
            kinds += [c.metric.origin.kind for c in plan.checks if c.metric.origin]

    assert kinds == [
        *("prometheus", "prometheus", "http", "postgres", "bigquery", "athena"),
        *("cloudwatch", "cloud_monitoring", "azure_monitor"),
        *("azure_logs", "datadog", "databricks", "snowflake"),
    ]


MISTAKES: Mapping[str, tuple[str, str]] = {
    "no kind": ("sources: {s: {delay: 5m}}", "a source needs its kind"),
    "two kinds": (
        "sources: {s: {http: {url: https://a.b}, prometheus: {url: https://a.b}}}",
        "prometheus beside http: a source has one kind",
    ),
    "a secret in the file": (
        "sources: {s: {http: {url: https://a.b, token: abc}}}",
        "unknown key token, a secret is named by its variable: token_env",
    ),
    "a secret of somebody's own kind": (
        "sources: {s: {kong: {password: abc}}}",
        "write password_env: and the name of the variable that has it",
    ),
    "credentials in an address": (
        "sources: {s: {http: {url: 'https://me:pw@a.b'}}}",
        "credentials do not belong in an address",
    ),
    "an unknown key": (
        "sources: {s: {http: {urll: https://a.b}}}",
        "unknown key urll, did you mean url?",
    ),
    "an unknown key of a cloud's store": (
        "sources: {s: {cloudwatch: {regoin: us-east-1}}}",
        "unknown key regoin, did you mean region?",
    ),
    "a size that is none": (
        "sources: {s: {bigquery: {project: p, at_most: lots}}}",
        '"lots" is not a size, write it such as 64MB',
    ),
    "an unknown source": (
        file_with("{metric: {name: x, from: prmo, counter: c}, no_worse_by: 1pp}"),
        'this file has no source "prmo", did you mean prom?',
    ),
    "a key of another kind": (
        file_with("{metric: {name: x, from: prom, path: /x}, no_worse_by: 1pp}"),
        "unknown key path of a prometheus metric",
    ),
    "two sources of one metric": (
        file_with("{metric: {name: x, from: prom, simulator: {ratio: 1}}, no_worse_by: 1pp}"),
        "simulator beside from: a metric has one source",
    ),
    "a latency that may not get better": (
        file_with("{metric: latency_p90, differs_by: 10%}"),
        "no latency is too low: write no_worse_by",
    ),
    "a password for a database": (
        "sources: {s: {postgres: {password: abc}}}",
        "unknown key password, a secret is named by its variable: password_env",
    ),
    "no unit of ours": (
        file_with("{metric: {name: x, from: shop, path: /x, unit: euro}, never_above: 1}"),
        '"euro" is not count, ratio, seconds, percent, none',
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_has_a_sentence(tmp_path: Path, text: str, expected: str) -> None:
    found = [problem.message for problem in lint(read(tmp_path, text))]

    assert any(expected in message for message in found), found
