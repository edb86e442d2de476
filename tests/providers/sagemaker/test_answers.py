"""What data capture keeps on S3 is read back as it was said, and decides a release."""

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from providers.sources.documented import documented_answers
from servers.sagemaker import Server

from canarycli.config.recorded import recorded
from canarycli.engine.controller import Controller, Driver
from canarycli.engine.loop import drive
from canarycli.engine.recorded import Kept
from canarycli.engine.retries import Patient
from canarycli.errors import Denied, Rejected, Unsupported
from canarycli.metrics import Counts, Metric, Origin, Value, Window
from canarycli.plan import Better, Check, Margin, Plan, Stage
from canarycli.recorder import RECORDED, Answer, Budget
from canarycli.release.record import Outcome
from canarycli.release.request import Request, prepare
from canarycli.source import Arm
from canarycli.store.memory import MemoryStore
from canarycli.testing import FakeClock
from canarycli_sagemaker import SageMaker

START = datetime(2026, 11, 24, 10, 55, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(START, START + 10 * MINUTE)
CAPTURE = {"EnableCapture": True, "DestinationS3Uri": "s3://captured/live"}


@pytest.fixture
def s3(server: Server) -> Any:
    server.endpoint("churn", {"v41": 1, "v42": 0}, config={"DataCaptureConfig": CAPTURE})
    client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1")
    client.create_bucket(Bucket="captured")
    return client


def record(key: str, minute: float, body: str, **output: Any) -> dict[str, Any]:
    plain = {"observedContentType": "application/json", "mode": "OUTPUT", "encoding": "JSON"}
    at = START + minute * MINUTE
    return {
        "captureData": {"endpointOutput": {**plain, "data": body, **output}},
        "eventMetadata": {"eventId": key, "inferenceTime": at.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "eventVersion": "0",
    }


def keep(
    s3: Any,
    records: Sequence[dict[str, Any]],
    *,
    hour: str = "10",
    torn: str = "",
    pack: bool = False,
) -> None:
    body = ("".join(json.dumps(one) + "\n" for one in records) + torn).encode()
    key = f"live/churn/v42/2026/11/24/{hour}/55-01-234-{len(body)}.jsonl"
    s3.put_object(Bucket="captured", Key=key, Body=gzip.compress(body) if pack else body)


def told(budget: Budget | None = None, window: Window = WINDOW) -> list[Answer]:
    found = SageMaker({}).answers("churn", ["v41", "v42"], window, budget or Budget())
    return sorted(found, key=lambda answer: answer.key)


def test_answers_are_as_they_were_said_whatever_the_envelope(s3: Any) -> None:
    coded = b64encode(b'{"label": "ok"}').decode()
    keep(s3, [record("a", 0, '{"label": "fraud"}'), record("b", 1, coded, encoding="BASE64")])
    csv = {"observedContentType": "text/csv", "encoding": "CSV"}
    keep(s3, [record("c", 2, "0.25,0.75", **csv)], pack=True)

    assert told() == [
        Answer("v42", START, "a", b'{"label": "fraud"}', "application/json"),
        Answer("v42", START + MINUTE, "b", b'{"label": "ok"}', "application/json"),
        Answer("v42", START + 2 * MINUTE, "c", b"0.25,0.75", "text/csv"),
    ]


def test_the_text_and_the_tokens_of_language_models_are_measured(s3: Any) -> None:
    chat = {"choices": [{"message": {"content": "four"}}], "usage": {"completion_tokens": 3}}
    tgi = b64encode(b'[{"generated_text": "seventeen letters"}]').decode()
    keep(s3, [record("a", 0, json.dumps(chat)), record("b", 0, tgi, encoding="BASE64")])
    sizes = [Metric("answer_length"), Metric("answer_tokens")]
    kept = Kept(SageMaker({}), Origin("", RECORDED, {}), (Arm("v42", "candidate", "churn"),))

    found = kept.measure(sizes, WINDOW).series["v42"]

    assert found["answer_length"].points == (Value(START, 10.5, 2),)
    assert found["answer_tokens"].points == (Value(START, 3, 1),)


def test_the_example_of_the_docs_runs(s3: Any, tmp_path: Path) -> None:
    metrics = documented_answers(tmp_path, "sagemaker")
    share, invalid = metrics["class_share(fraud)"], metrics["answer_invalid"]
    keep(
        s3,
        [
            record(
                "a",
                0,
                '{"predictions": [{"label": "fraud", "score": 0.9}, '
                '{"label": "ok", "score": 0.1}, {"other": 1}]}',
            )
        ],
    )
    assert share.origin is not None
    kept = Kept(SageMaker({}), share.origin, (Arm("v42", "candidate", "churn"),))

    found = kept.measure([share, invalid], WINDOW).series["v42"]

    assert found[share.key].points == (Counts(START, 2, 1),)
    assert found[invalid.key].points == (Counts(START, 3, 1),)


def test_an_hour_that_the_window_reaches_into_is_read_too(s3: Any) -> None:
    keep(s3, [record("a", 1, "{}")])
    keep(s3, [record("b", 6, "{}")], hour="11")
    keep(s3, [record("c", 70, "{}")], hour="12")

    assert [answer.key for answer in told()] == ["a", "b"]


def test_a_torn_line_and_a_record_without_an_output_are_no_answers(s3: Any) -> None:
    asked = record("b", 1, "{}")
    asked["captureData"] = {"endpointInput": {"data": "1,2"}}
    keep(s3, [record("a", 0, "{}"), asked], torn='{"captureData": {"endpointOut')

    assert [answer.key for answer in told()] == ["a"]


@pytest.mark.parametrize("pack", [False, True], ids=["plain", "packed"])
def test_a_part_is_the_beginning_of_each_file(s3: Any, *, pack: bool) -> None:
    chance = Random(1)
    for number in range(2):
        told_all = [
            record(f"{number}{n:03}", 1, b64encode(chance.randbytes(300)).decode())
            for n in range(200)
        ]
        keep(s3, told_all, torn=" " * number, pack=pack)

    part = [answer.key for answer in told(Budget(part=0.25))]

    assert part == [answer.key for answer in told(Budget(part=0.25))]
    for file in "01":
        mine = [key for key in part if key[0] == file]
        assert mine == [f"{file}{n:03}" for n in range(len(mine))]
        assert 40 <= len(mine) <= 60
    assert len(told()) == 400


def test_of_a_small_file_no_part_is_too_little(s3: Any) -> None:
    keep(s3, [record(str(n), 1, "x") for n in range(9)])

    assert len(told(Budget(part=0.01))) == 9


def test_more_than_the_budget_is_refused_and_says_what_would_fit(s3: Any) -> None:
    keep(s3, [record(str(n), 1, "x" * 100) for n in range(50)])

    with pytest.raises(Rejected, match="over 0 MB") as caught:
        told(Budget(most=5_000))
    assert "sample:" in caught.value.hints[0]


def test_capture_that_is_off_is_told(server: Server) -> None:
    off = {"DataCaptureConfig": {**CAPTURE, "EnableCapture": False}}
    for config in ({}, off):
        server.endpoint("churn", {"v41": 1, "v42": 0}, config=config)
        with pytest.raises(Unsupported, match="its data capture is off"):
            told()


def test_a_bucket_that_may_not_be_read_is_denied(s3: Any, server: Server) -> None:
    keep(s3, [record("a", 0, "{}")])
    server.fault("ListObjectsV2", "denied")

    with pytest.raises(Denied):
        told()


def test_what_was_read_once_is_not_fetched_again(s3: Any, server: Server) -> None:
    keep(s3, [record("a", 0, "{}")])
    sagemaker = SageMaker({})

    for _ in range(3):
        assert [a.key for a in sagemaker.answers("churn", ["v42"], WINDOW, Budget())] == ["a"]

    assert len(server.calls("GetObject")) == 1


SAYS = Check(
    "class_share(fraud)",
    Metric("class_share", about="fraud"),
    differs_by=Margin(absolute=0.06),
)
PREDICTIONS = {"each": "predictions", "class": "label", "delay": timedelta(minutes=2)}
PLAN = recorded(
    Plan(
        stages=(Stage(50, 5 * MINUTE), Stage(100, timedelta(0))),
        checks=(SAYS,),
        read_every=3 * MINUTE,
    ),
    PREDICTIONS,
)


class Stepped(FakeClock):
    """Time that moves when the release sleeps, for the server too."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.tell()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.tell()

    def tell(self) -> None:
        self.server.control("clock", {"speed": 0, "origin": self.now().timestamp()})


TRUTH = {
    "mature_after": timedelta(minutes=30),
    "spec": {"files": "s3://captured/truth"},
}
RIGHT = Check(
    "accuracy", Metric("accuracy"), no_worse_by=Margin(absolute=0.04), better=Better.HIGHER
)


@pytest.mark.slow
@pytest.mark.usefixtures("s3")
def test_answers_are_joined_with_ground_truth_once_they_are_old_enough(server: Server) -> None:
    clock = Stepped(server)
    began = clock.now()
    load = {"endpoint": "churn", "rate": 3, "split": {"v41": 50, "v42": 50}}
    truth = {"where": "s3://captured/truth", "delay": 1500}
    variants = {"v41": {"right": 0.9}, "v42": {"right": 0.5}}
    since = began.timestamp()
    server.control("traffic", load | {"truth": truth, "variants": variants, "since": since})
    clock.sleep(2400)
    plan = recorded(Plan((Stage(50, MINUTE),), (RIGHT,)), PREDICTIONS, TRUTH)
    accuracy = plan.checks[0].metric

    found = Patient(SageMaker({}), clock).measure(
        "churn", ("v41", "v42"), [accuracy], Window(began, clock.now())
    )

    assert found.failed == {}
    for version, part in (("v41", 0.9), ("v42", 0.5)):
        series = found.of(version, accuracy)
        assert series.delay == timedelta(minutes=30)
        assert len(series.points) == 10  # of the forty minutes those that are half an hour old
        n, right = (sum(getattr(p, name) for p in series.points) for name in ("n", "bad"))
        assert n == pytest.approx(900, rel=0.1)
        assert right / n == pytest.approx(part, abs=0.06)
    assert found.queries["accuracy"].endswith("with labels of s3://captured/truth after 0:30:00")


@pytest.mark.slow
@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("fraud", "outcome"), [(0.03, Outcome.PROMOTED), (0.25, Outcome.ROLLED_BACK)]
)
def test_a_release_is_decided_on_what_its_versions_say(
    server: Server, fraud: float, outcome: Outcome
) -> None:
    clock = Stepped(server)
    variants = {"v42": {"says": {"fraud": fraud}}}
    since = clock.now().timestamp() - 300
    load = {"endpoint": "churn", "rate": 6, "variants": variants, "since": since}
    server.control("traffic", load)
    provider = Patient(SageMaker({}), clock)
    controller = Controller(MemoryStore(), provider, clock, Driver("ann"))
    request = Request("sagemaker", "us-east-1", "v42", PLAN, "ann", deploy={})
    release = prepare(request, provider.describe("churn"), release_id="r-1", now=clock.now())
    controller.create(release)

    ended = drive(controller, release.key)

    assert ended.outcome is outcome, ended.why
    assert ended.reached == (100 if outcome is Outcome.PROMOTED else 50)
