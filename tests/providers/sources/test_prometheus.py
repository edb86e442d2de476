"""Counters are differenced so that every increment counts once; traps of PromQL are refused."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from providers.sources.documented import documented
from providers.sources.worlds import TOKEN, CountersWorld
from servers.sources import Store, serving

from canarycli.errors import Rejected, Unsupported, UsageError
from canarycli.metrics import OTHER, Counts, Metric, Value, Window
from canarycli.source import Sliced
from canarycli.testing.kit.sources import ARMS, MINUTE, START, asked
from canarycli_sources.prometheus import Prometheus

WHOLE = Window(START, START + 4 * MINUTE)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountersWorld]:
    with serving(Store(TOKEN)) as store:
        yield CountersWorld(store, monkeypatch)


def counts(world: CountersWorld, version: str) -> list[tuple[float, float]]:
    points = asked(world).of(version, world.metric).points
    return [(p.n, p.bad) for p in points if isinstance(p, Counts)]


def test_the_example_of_the_docs_runs(world: CountersWorld, tmp_path: Path) -> None:
    metric = documented(tmp_path, "prometheus")
    world.lay([("v41", 0, 40, 2), ("v42", 0, 10, 3)])

    found = world.source.measure(ARMS, [metric], WHOLE)

    assert found.of("v41", metric).points == (Counts(START, 40, 2),)
    assert found.of("v42", metric).points == (Counts(START, 10, 3),)


def test_a_restart_is_no_growth_below_nothing(world: CountersWorld) -> None:
    at = START.timestamp()
    world.store.series = [
        (
            labels("accept"),
            [(at - 3000, 900.0), (at - 10, 900.0), (at + 10, 950.0), (at + 70, 30.0)],
        )
    ]

    assert counts(world, "v42") == [(50, 0), (30, 0)]


def test_a_series_that_begins_within_the_window_began_at_nothing(world: CountersWorld) -> None:
    at = START.timestamp()
    world.store.series = [
        (labels("accept"), [(at - 3000, 900.0), (at - 10, 900.0), (at + 10, 950.0)]),
        (labels("reject"), [(at + 10, 4.0)]),
    ]

    assert counts(world, "v42") == [(54, 4)]


def test_a_server_that_is_new_itself_knows_no_beginning(world: CountersWorld) -> None:
    at = START.timestamp()
    world.store.series = [(labels("accept"), [(at + 10, 5_000_000.0), (at + 70, 5_000_040.0)])]

    assert counts(world, "v42") == [(40, 0)]


def test_counters_that_stand_still_are_an_idle_minute_and_no_silence(world: CountersWorld) -> None:
    at = START.timestamp()
    world.store.series = [(labels("accept"), [(at - 3000, 7.0), (at - 10, 7.0), (at + 10, 7.0)])]

    assert counts(world, "v42") == [(0, 0)]


def test_two_metrics_of_one_counter_are_one_question(world: CountersWorld) -> None:
    world.lay([("v41", 0, 10, 1), ("v42", 0, 10, 1)])
    other = Metric(
        "accepted",
        source={**world.metric.source, "bad": {"decision": ["accept"]}},
        origin=world.metric.origin,
    )

    found = world.source.measure(ARMS, [world.metric, other], WHOLE)

    assert world.store.asked == ["/api/v1/query"]
    assert found.of("v42", other).points == (Counts(START, 10, 9),)


def test_a_counter_is_told_apart_by_a_label_with_one_question(world: CountersWorld) -> None:
    at = START.timestamp()
    grown = {("DE", "accept"): 60.0, ("FR", "accept"): 20.0, ("FR", "reject"): 10.0}
    world.store.series = [
        ({**labels(said), "country": country}, [(at - 3000, 0.0), (at - 10, 0.0), (at + 10, n)])
        for (country, said), n in grown.items()
    ]
    every = replace(world.metric, by="country")
    slices = [replace(every, value=value, among=("DE",)) for value in ("DE", "FR", OTHER)]

    found = world.source.measure(ARMS, slices, WHOLE)

    assert len(world.store.asked) == 1
    assert [found.of("v42", one).points for one in slices] == [
        (Counts(START, 60, 0),),
        (Counts(START, 30, 10),),
        (Counts(START, 30, 10),),
    ]
    assert isinstance(world.source, Sliced)
    assert world.source.values(ARMS, every, WHOLE) == {"DE": 60, "FR": 30}
    with pytest.raises(Unsupported, match="not asked by country"):
        world.source.values(ARMS, replace(every, source={"promql": "x{v=:arm}"}), WHOLE)


def test_a_sum_over_its_counter_is_a_mean_with_its_requests(world: CountersWorld) -> None:
    at = START.timestamp()
    paid = {**labels("accept"), "__name__": "paid_total"}
    world.store.series = [
        (labels("accept"), [(at - 3000, 0.0), (at - 10, 0.0), (at + 10, 20.0)]),
        (paid, [(at - 3000, 0.0), (at - 10, 0.0), (at + 10, 90.0)]),
    ]
    revenue = Metric(
        "revenue",
        source={"counter": "decisions_total", "sum": "paid_total", "mean": True},
        origin=world.metric.origin,
    )

    found = world.source.measure(ARMS, [revenue], WHOLE)

    assert found.of("v42", revenue).points == (Value(START, 4.5, 20.0),)


def test_an_expression_is_asked_at_the_end_of_each_period(world: CountersWorld) -> None:
    at = START.timestamp()
    world.store.values = {
        "v42": [[at, "9"], [at + 60, "0.5"], [at + 120, "NaN"], [at + 180, "+Inf"]]
    }

    found = world.source.measure(ARMS, [valued("avg(score{version=:arm})")], WHOLE)

    assert found.of("v42", valued("")).points == (Value(START, 0.5),)
    assert found.of("v41", valued("")).points == ()


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("sum(rate(x[1m]))", "does not name the arm"),
        ("sum(rate(x{v=:arm}[5m]))", r"\[5m\] is longer than the period"),
        ("sum(rate(x{v=:arm}[1m30s]))", "longer than the period"),
        ("max_over_time(x{v=:arm}[1m:10s])", "subquery"),
    ],
)
def test_a_trap_is_refused_before_anything_is_asked(
    world: CountersWorld, expression: str, why: str
) -> None:
    with pytest.raises(Unsupported, match=why):
        world.source.measure(ARMS, [valued(expression)], WHOLE)
    assert world.store.asked == []


def test_a_name_is_quoted_whatever_is_in_it(world: CountersWorld) -> None:
    odd = Metric(
        "declined", source={**world.metric.source, "match": {"team": 'a"} or x{b="'}}, origin=None
    )

    found = world.source.measure(ARMS, [odd], Window(START, START))

    assert found.queries["declined"].startswith(r'decisions_total{team="a\"} or x{b=\"",version=~')


def test_credentials_do_not_follow_a_redirect(world: CountersWorld) -> None:
    world.store.trouble = "moved"

    with pytest.raises(Rejected, match=r"elsewhere\.example"):
        asked(world)


@pytest.mark.parametrize(
    "url", ["http://prometheus.acme.internal", "https://me:pw@prom.acme.internal", "prom:9090"]
)
def test_an_address_that_gives_a_secret_away_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        Prometheus({"url": url})


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "azure_client_secret"])
def test_no_file_can_have_a_clouds_own_secret_sent(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "a")

    with pytest.raises(UsageError, match="no source gets it"):
        Prometheus({"url": "https://p.example", "token_env": name})


def test_two_ways_to_say_who_asks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "a")
    settings = {"url": "https://p.example", "token_env": "A", "user": "u", "password_env": "A"}

    with pytest.raises(UsageError, match="password_env beside token_env"):
        Prometheus(settings)


def test_a_real_prometheus_counts_every_request_once(tmp_path: Path) -> None:
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("needs prometheus and promtool on PATH: apt-get install prometheus")
    truth = {"v41": (592, 28), "v42": (41, 3)}
    with real_prometheus(tmp_path, truth) as url:
        found = Prometheus({"url": url}).measure(ARMS, [COUNTED], WHOLE)

    for version, (n, bad) in truth.items():
        points = [p for p in found.of(version, COUNTED).points if isinstance(p, Counts)]
        assert [(p.n, p.bad) for p in points] == [(n, bad)] * 4


COUNTED = Metric(
    "declined", source={"counter": "decisions_total", "bad": {"decision": "reject"}}, origin=None
)


def labels(decision: str) -> dict[str, str]:
    return {"__name__": "decisions_total", "version": "v42", "decision": decision}


def valued(expression: str) -> Metric:
    return Metric("score", source={"promql": expression})


SERVER = (
    "prometheus",
    "--config.file=prometheus.yml",
    "--storage.tsdb.path=data",
    "--storage.tsdb.retention.time=100y",
)


class real_prometheus:  # noqa: N801 - a context manager
    """A Prometheus of its own on history laid down by promtool: no test waits for a scrape."""

    def __init__(self, folder: Path, truth: Mapping[str, tuple[int, int]]) -> None:
        self.folder, self.truth = folder, truth

    def __enter__(self) -> str:
        lines = ["# TYPE decisions counter"]
        for version, (n, bad) in self.truth.items():
            for decision, each in (("accept", n - bad), ("reject", bad)):
                for minute in range(-60, 5):
                    total = 1000 + each * max(0, min(minute, 4))
                    at = int((START + minute * MINUTE - timedelta(seconds=1)).timestamp())
                    series = f'decisions_total{{version="{version}",decision="{decision}"}}'
                    lines.append(f"{series} {total} {at}")
        (self.folder / "history.om").write_text("\n".join([*lines, "# EOF", ""]))
        make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.om", "data"]
        subprocess.run(make, cwd=self.folder, check=True, capture_output=True)
        (self.folder / "prometheus.yml").write_text("scrape_configs: []\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [*SERVER, f"--web.listen-address=127.0.0.1:{port}"],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "ready to receive web requests" in line:
                return f"http://127.0.0.1:{port}"
        raise AssertionError("prometheus ended before it was ready")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()
