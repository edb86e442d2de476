"""What each deployment's data collector keeps in Blob storage is read back as it was said."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from providers.sources.documented import documented_answers
from servers.azureml.running import Server

from canarycli.engine.recorded import Kept
from canarycli.errors import Denied, Rejected, Unavailable, Unsupported
from canarycli.metrics import Counts, Metric, Origin, Value, Window
from canarycli.permissions import Needs
from canarycli.recorder import RECORDED, Answer, Budget
from canarycli.source import Arm
from canarycli_azureml import AzureML

START = datetime(2026, 11, 24, 10, 55, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(START, START + 10 * MINUTE)
FOLDER = "azureml-blobstore/modelDataCollector/churn/teal/model_outputs/2026/11/24"
BOTH = ("model_outputs", "response")


@pytest.fixture
def azure(server: Server, newcomer: AzureML) -> AzureML:
    collecting(server, "blue", *BOTH)
    collecting(server, "teal", *BOTH)
    return newcomer


def collecting(server: Server, deployment: str, *names: str, **more: Any) -> None:
    """Let a deployment collect; each collection may have a share and a data asset of its own."""
    own: dict[str, Any] = {key: more.pop(key) for key in ("samplingRate", "dataId") if key in more}
    on: dict[str, Any] = {"dataCollectionMode": "Enabled", "samplingRate": 1.0, **own}
    collector = {"collections": dict.fromkeys(names, on), "rollingRate": "Hour", **more}
    server.control(
        "deployment", endpoint="churn", name=deployment, properties={"dataCollector": collector}
    )


def event(key: str, minute: float, data: Any, **more: Any) -> str:
    at = (START + minute * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    plain = {"specversion": "1.0", "id": key, "time": at, "data": data}
    return json.dumps({**plain, "type": "azureml.inference.model_outputs", **more})


def keep(server: Server, *lines: str, name: str = "10/a.jsonl", folder: str = FOLDER) -> None:
    text = "".join(f"{line}\n" for line in lines)
    server.control("blob", name=f"{folder}/{name}", text=text, at=START.timestamp() + 900)


def told(azure: AzureML, budget: Budget | None = None, window: Window = WINDOW) -> list[Answer]:
    found = azure.answers("churn", ["blue", "teal"], window, budget or Budget())
    return sorted(found, key=lambda answer: answer.key)


def test_answers_are_as_they_were_said(server: Server, azure: AzureML) -> None:
    keep(server, event("a", 0, [{"label": "fraud"}, {"label": "ok"}]), event("b", 1, "0.25,0.75"))

    assert told(azure) == [
        Answer("teal", START, "a", b'[{"label": "fraud"}, {"label": "ok"}]', "application/json"),
        Answer("teal", START + MINUTE, "b", b"0.25,0.75", "application/json"),
    ]


def test_the_example_of_the_docs_runs(server: Server, azure: AzureML, tmp_path: Path) -> None:
    metrics = documented_answers(tmp_path, "azureml")
    share, invalid = metrics["class_share(fraud)"], metrics["answer_invalid"]
    said = [{"label": "fraud", "score": 0.9}, {"label": "ok", "score": 0.1}, {"other": 1}]
    keep(server, event("a", 0, said))
    assert share.origin is not None
    kept = Kept(azure, share.origin, (Arm("teal", "candidate", "churn"),))

    found = kept.measure([share, invalid], WINDOW).series["teal"]

    assert found[share.key].points == (Counts(START, 2, 1),)
    assert found[invalid.key].points == (Counts(START, 3, 1),)


def test_the_text_and_the_tokens_of_language_models_are_measured(
    server: Server, azure: AzureML
) -> None:
    chat = {"choices": [{"message": {"content": "four"}}], "usage": {"completion_tokens": 3}}
    keep(server, event("a", 0, chat), event("b", 0, [{"generated_text": "seventeen letters"}]))
    sizes = [Metric("answer_length"), Metric("answer_tokens")]
    kept = Kept(azure, Origin("", RECORDED, {}), (Arm("teal", "candidate", "churn"),))

    found = kept.measure(sizes, WINDOW).series["teal"]

    assert found["answer_length"].points == (Value(START, 10.5, 2),)
    assert found["answer_tokens"].points == (Value(START, 3, 1),)


def test_every_hour_and_every_page_of_the_window_is_read(server: Server, azure: AzureML) -> None:
    for number in range(7):
        keep(server, event(str(number), 1, []), name=f"10/{number}.jsonl")
    keep(server, event("8", 6, []), name="11/x.jsonl")
    keep(server, event("9", 70, []), name="12/x.jsonl")

    assert [a.key for a in told(azure)] == ["0", "1", "2", "3", "4", "5", "6", "8"]


@pytest.mark.parametrize(
    ("roll", "name"),
    [("Minute", "10/55/a.jsonl"), ("Day", "a.jsonl"), ("Month", "../a.jsonl")],
)
def test_whatever_the_rolling_rate_its_folder_is_found(
    server: Server, azure: AzureML, roll: str, name: str
) -> None:
    collecting(server, "teal", *BOTH, rollingRate=roll)
    folder = FOLDER.removesuffix("/24") if name.startswith("..") else FOLDER
    keep(server, event("a", 0, []), name=name.removeprefix("../"), folder=folder)

    assert [a.key for a in told(azure)] == ["a"]


def test_a_blob_that_grows_is_read_on_from_where_it_was_whole(
    server: Server, azure: AzureML
) -> None:
    torn = event("c", 2, [])
    keep(server, event("a", 0, []), event("b", 1, []))
    written(server, torn[:20], START - MINUTE)
    assert told(azure) == []  # nothing was written since the window began

    written(server, "", START + MINUTE)
    assert [a.key for a in told(azure)] == ["a", "b"]

    keep(server, torn[20:], event("d", 3, []))
    assert [a.key for a in told(azure)] == ["a", "b", "c", "d"]
    assert [a.key for a in told(azure)] == ["a", "b", "c", "d"]
    reads = [call for call in server.calls("blob") if "comp" not in call["query"]]
    assert len(reads) == 2


def written(server: Server, text: str, at: datetime) -> None:
    """More of the usual blob, however a line breaks off."""
    server.control("blob", name=f"{FOLDER}/10/a.jsonl", text=text, at=at.timestamp())


def test_what_is_no_answer_is_left_out(server: Server, azure: AzureML) -> None:
    large = event("b", 1, "https://etastore.blob.core.windows.net/raw/1", datainblob="true")
    keep(server, event("a", 0, []), large, '{"specversion": "1.0"}', "rubbish")

    assert [a.key for a in told(azure)] == ["a"]


def test_more_than_the_budget_is_refused(server: Server, azure: AzureML) -> None:
    for number in range(40):
        keep(server, event(f"{number:02}", 1, []), name=f"10/{number}.jsonl")

    with pytest.raises(Rejected, match="a look would read 0 MB of answers, over 0 MB"):
        told(azure, Budget(most=2_000))


def test_a_part_is_the_same_however_often_a_blob_that_grows_was_read(
    server: Server, azure: AzureML
) -> None:
    lines = [event(f"{n:03}", n / 40, "x" * 20_000) + "\n" for n in range(150)]
    tenth = Budget(part=0.1)
    parts, before = [], 0
    for upto in (2, 60, 61, 150):
        written(server, "".join(lines[before:upto]), START + MINUTE)
        before = upto
        parts.append([a.key for a in told(azure, tenth)])

    assert parts[0] == ["000", "001"]
    assert all(parts[-1][: len(part)] == part for part in parts)
    assert parts[-1] == ["000", "001", "002", "003", "004", *parts[-1][5:]]
    assert 12 <= len(parts[-1]) <= 15
    assert {key[0] for key in parts[-1]} == {"0", "1"}


def test_one_arm_that_collects_nothing_is_told_by_its_name(server: Server, azure: AzureML) -> None:
    collecting(server, "teal", "model_inputs", "request")

    kept = azure.recording("churn")

    assert (kept["blue"].why, kept["blue"].percent) == ("", 100.0)
    assert "collects neither" in kept["teal"].why
    with pytest.raises(Unsupported, match="no answers of 'teal' are kept"):
        told(azure)


def test_what_both_collect_is_compared(server: Server, azure: AzureML) -> None:
    collecting(server, "blue", "response")
    keep(server, event("a", 0, []), folder=FOLDER.replace("model_outputs", "response"))

    assert [a.key for a in told(azure)] == ["a"]

    collecting(server, "teal", "model_outputs")
    with pytest.raises(Unsupported, match="blue and teal collect different things"):
        told(azure)


def test_a_place_of_its_own_is_followed_to_its_datastore(server: Server, azure: AzureML) -> None:
    uri = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/other/paths/mdc/x/"
    server.control("asset", kind="data", name="out", version="1", properties={"dataUri": uri})
    place = server.control("look", endpoint="churn")["endpoint"]["id"].split("/onlineEndpoints")[0]
    collecting(server, "teal", *BOTH, dataId=f"azureml:{place}/data/out/versions/1")
    keep(server, event("a", 0, []), folder="other/mdc/x/churn/teal/model_outputs/2026/11/24")

    assert [a.key for a in told(azure)] == ["a"]

    collecting(server, "teal", *BOTH, dataId="azureml://datastores/files/paths/x")
    with pytest.raises(Unsupported, match="datastore 'files' is no Blob storage"):
        told(azure)


def test_the_part_that_is_collected_is_told(server: Server, azure: AzureML) -> None:
    collecting(server, "teal", "response", samplingRate=0.2)

    assert azure.recording("churn")["teal"].percent == 20.0


@pytest.mark.parametrize(
    ("kind", "error"), [("denied", Denied), ("unavailable", Unavailable), ("html", Unavailable)]
)
def test_trouble_is_one_of_our_errors(
    server: Server, azure: AzureML, kind: str, error: type[Exception]
) -> None:
    server.fault("blob", kind)

    with pytest.raises(error):
        told(azure)


def test_the_least_policy_reads_blobs_only_where_answers_are_judged() -> None:
    with_it = AzureML.least_policy({}, "churn", Needs(answers=True))

    assert with_it["DataActions"] == [
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    ]
    assert "DataActions" not in AzureML.least_policy({}, "churn", Needs())
