"""What the request-response log keeps in BigQuery is read back as it was said."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented_answers
from providers.vertex.conftest import provider
from servers.vertex import Server

from canarycli import answers
from canarycli.answers import Paths
from canarycli.engine.recorded import Kept
from canarycli.errors import Denied, Rejected, Unavailable, Unsupported
from canarycli.metrics import Counts, Metric, Value, Window
from canarycli.recorder import Answer, Budget
from canarycli.source import Arm
from canarycli_vertex import Vertex

START = datetime(2026, 11, 24, 10, 55, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(START, START + 10 * MINUTE)
TABLE = "acme-ml.logs.answers"
TYPES = {
    "endpoint": "STRING",
    "deployed_model_id": "STRING",
    "logging_time": "TIMESTAMP",
    "request_id": "NUMERIC",
    "request_payload": "STRING[]",
    "response_payload": "STRING[]",
    "said": "STRING[]",
}


@pytest.fixture
def log(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("CANARY_BIGQUERY_ENDPOINT", server.url)
    turned(
        server, enabled=True, samplingRate=0.5, bigqueryDestination={"outputUri": f"bq://{TABLE}"}
    )
    keep(server)
    return server


def turned(server: Server, **config: Any) -> None:
    server.control("PUT", "endpoints/1000", predictRequestResponseLoggingConfig=config)


def keep(server: Server, *rows: tuple[str, float, int | None, Sequence[str] | None]) -> None:
    laid = [
        ("1000", model, START + minute * MINUTE, number, ["{}"], payload and list(payload), None)
        for model, minute, number, payload in rows
    ]
    server.warehouse.put(TABLE, TYPES, laid)


def told(server: Server, budget: Budget | None = None, window: Window = WINDOW) -> list[Answer]:
    found = provider(server).answers("churn", ["11", "22"], window, budget or Budget())
    return sorted(found, key=lambda answer: answer.key)


def test_predictions_are_as_a_caller_got_them(log: Server) -> None:
    keep(log, ("11", 0, 1, ['{"label": "fraud"}', '{"label": "ok"}']), ("22", 1, 2, ["0.25"]))
    keep(log, ("22", 2, 3, ['{"predictions": [{"label": "ok"}]}']), ("22", 3, 4, ["ok"]))

    said = [(a.version, a.at, a.key, json.loads(a.body)) for a in told(log)]

    assert said == [
        ("11", START, "1", {"predictions": [{"label": "fraud"}, {"label": "ok"}]}),
        ("22", START + MINUTE, "2", {"predictions": [0.25]}),
        ("22", START + 2 * MINUTE, "3", {"predictions": [{"label": "ok"}]}),
        ("22", START + 3 * MINUTE, "4", {"predictions": ["ok"]}),
    ]


def test_the_shared_extractor_counts_them(log: Server) -> None:
    keep(log, ("11", 0, 1, ['{"label": "fraud"}', '{"label": "ok"}']), ("22", 0, 2, ["{}"]))
    share = Metric("class_share", about="fraud")
    paths = Paths.of({"each": "predictions", "class": "label"})

    arms = ["11", "22"]
    said = answers.told(told(log), paths, WINDOW, period=MINUTE, versions=arms)
    pace = answers.Pace(MINUTE, MINUTE)
    found = answers.counted(said, paths, [share], pace=pace, versions=arms)

    assert found["11"][share.key].points == (Counts(START, 2, 1),)


def test_the_example_of_the_docs_runs(log: Server, tmp_path: Path) -> None:
    metrics = documented_answers(tmp_path, "vertex")
    share, invalid = metrics["class_share(fraud)"], metrics["answer_invalid"]
    said = ['{"label": "fraud", "score": 0.9}', '{"label": "ok", "score": 0.1}', '{"other": 1}']
    keep(log, ("22", 0, 1, said))
    assert share.origin is not None
    kept = Kept(provider(log), share.origin, (Arm("22", "candidate", "churn"),))

    found = kept.measure([share, invalid], WINDOW).series["22"]

    assert found[share.key].points == (Counts(START, 2, 1),)
    assert found[invalid.key].points == (Counts(START, 3, 1),)


def test_the_text_and_the_tokens_of_language_models_are_measured(log: Server) -> None:
    chat = {"choices": [{"message": {"content": "four"}}], "usage": {"completion_tokens": 3}}
    keep(log, ("11", 0, 1, [json.dumps(chat)]), ("11", 0, 2, ["seventeen letters"]))
    sizes = [Metric("answer_length"), Metric("answer_tokens")]
    paths, pace = Paths.of({"each": "predictions"}), answers.Pace(MINUTE, MINUTE)

    said = answers.told(told(log), paths, WINDOW, period=MINUTE, versions=["11"])
    found = answers.counted(said, paths, sizes, pace=pace, versions=["11"])["11"]

    assert found["answer_length"].points == (Value(START, 10.5, 2),)
    assert found["answer_tokens"].points == (Value(START, 3, 1),)


def test_only_the_window_and_the_models_asked_for_are_read(log: Server) -> None:
    inside = [("11", 0, 1, ["1"]), ("22", 9.9, 2, ["1"])]
    keep(log, *inside, ("11", -0.1, 3, ["1"]), ("11", 10, 4, ["1"]), ("33", 1, 5, ["1"]))

    assert [a.key for a in told(log)] == ["1", "2"]
    assert {one["name"] for one in log.warehouse.jobs[0]["queryParameters"]} == {
        "start", "end", "versions", "part",
    }  # fmt: skip


def test_a_row_without_an_answer_is_none(log: Server) -> None:
    keep(log, ("11", 0, 1, None), ("11", 0, 2, ["1"]))

    assert [a.key for a in told(log)] == ["2"]


def test_a_part_is_the_same_part_in_every_look(log: Server) -> None:
    keep(log, *(("11", 1, number, ["1"]) for number in range(200)))

    half = [a.key for a in told(log, Budget(part=0.5))]

    assert 60 <= len(half) <= 140
    assert half == [a.key for a in told(log, Budget(part=0.5))]


def test_a_query_over_the_budget_is_refused_before_it_runs(log: Server) -> None:
    log.warehouse.row_bytes = 1_000_000
    keep(log, *(("11", 1, number, ["1"]) for number in range(70)))

    with pytest.raises(Rejected, match="would read 70 MB, over 64 MB"):
        told(log)
    assert log.warehouse.jobs == []
    assert len(told(log, Budget(most=80_000_000))) == 70
    assert log.warehouse.jobs[0]["maximumBytesBilled"] == "80000000"


def test_an_answer_in_pages_that_takes_a_while_is_read_to_its_end(log: Server) -> None:
    keep(log, *(("11", 1, number, ["1"]) for number in range(25)))
    log.warehouse.page_rows, log.warehouse.patience = 10, 2

    assert len(told(log)) == 25


def test_what_the_log_keeps_is_told_of_every_model(log: Server, vertex: Vertex) -> None:
    assert log.warehouse.jobs == []

    kept = vertex.recording("churn")

    assert set(kept) == {"11", "22"}
    assert {(one.where, one.percent, one.why) for one in kept.values()} == {(TABLE, 50.0, "")}


@pytest.mark.parametrize(
    ("uri", "table"),
    [
        ("bq://acme", "acme.logging_churn_1000.request_response_logging"),
        ("bq://acme.logs", "acme.logs.request_response_logging"),
        ("bq://acme.logs.answers", "acme.logs.answers"),
    ],
)
def test_what_a_destination_leaves_open_is_named_as_google_does(
    log: Server, vertex: Vertex, uri: str, table: str
) -> None:
    turned(log, enabled=True, bigqueryDestination={"outputUri": uri})

    assert vertex.recording("churn")["11"].where == table


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"enabled": False, "bigqueryDestination": {"outputUri": "bq://a.b.c"}},
        {"enabled": True, "bigqueryDestination": {"outputUri": "bq://a.b.c` UNION ALL SELECT"}},
    ],
    ids=["never", "off", "no table"],
)
def test_a_log_that_is_off_is_told(log: Server, config: dict[str, Any]) -> None:
    turned(log, **config)

    with pytest.raises(Unsupported, match="its request-response log"):
        told(log)
    assert log.warehouse.jobs == []


def test_who_may_not_ask_bigquery_is_told_the_permission(log: Server) -> None:
    log.control("POST", "settings", denied=["bigquery.jobs.create"])

    with pytest.raises(Denied) as caught:
        told(log)
    assert "bigquery.jobs.create" in caught.value.hints[0]


@pytest.mark.parametrize("kind", ["throttle", "garbage"])
def test_a_bad_moment_is_worth_another_try(log: Server, kind: str) -> None:
    keep(log, ("11", 0, 1, ["1"]))
    log.control("POST", "faults", call="runQuery", kind=kind)

    with pytest.raises(Unavailable):
        told(log)
    assert len(told(log)) == 1


def test_the_least_policy_reads_the_log_only_where_it_is_judged() -> None:
    from canarycli.permissions import Needs

    with_it = Vertex.least_policy({}, "1000", Needs(answers=True))["includedPermissions"]
    without = Vertex.least_policy({}, "1000", Needs())["includedPermissions"]

    assert set(with_it) - set(without) == {
        "bigquery.jobs.create", "bigquery.tables.get", "bigquery.tables.getData",
    }  # fmt: skip
