"""What one `canary drive --all` costs with many releases on the SageMaker server.

    python bench/fleet.py [--releases 200] [--seconds 180] [--json FILE]

Every release stands at 5 % with five checks and bakes on, so that each is looked at four times a
minute and its metrics are read once. The first minute is not counted. Exits with 1 if a goal is
missed: 40 ms of CPU a release-minute, 1 GiB for a thousand, 95 % of the looks within a second.
Go by CPU, memory and calls: lag is only its own where the process had a processor when it wanted
one, which `starved` tells (seconds its threads waited for one, by second of CPU).
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from output import beside

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the servers the tests use
from servers.sagemaker.running import Server, running

from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Stage
from canarycli.release.record import Release
from canarycli.store import Record
from canarycli.store.opening import open_at

WARM_UP = 60.0
CPU_GOAL, LAG_GOAL = 0.040, 1.0
MEMORY_GOAL = 1024.0
"""MiB; of a thousand releases and, as nothing is kept for each, of fewer."""

TICK = os.sysconf("SC_CLK_TCK")


def plan() -> Plan:
    """Five checks, two of them on errors, that stay open for the whole bench."""
    rates = [
        Check(name, Metric(name), no_worse_by=Margin(absolute=0.02))
        for name in ("errors", "errors_4xx")
    ]
    values = [
        Check(name, Metric(name), no_worse_by=Margin(0.5))
        for name in ("latency_p90", "latency_p50", "cpu")
    ]
    return Plan(
        stages=(Stage(5, timedelta(days=1)), Stage(100, timedelta(0))),
        checks=(*rates, *values),
        unclear_after=timedelta(days=1),
    )


def release(number: int, now: datetime) -> Release:
    """One at its first stage, in place since two minutes ago."""
    since = now - timedelta(minutes=2)
    return Release(
        id=f"r-{number}",
        provider="sagemaker",
        place="us-east-1",
        endpoint=f"e-{number}",
        baseline="blue",
        candidate="green",
        plan=plan(),
        started_at=since,
        started_by="bench",
        settings={"region": "us-east-1"},
        target=5.0,
        asked_at=since,
        written=True,
        raised=True,
        confirmed_at=since,
        waiting_since=since,
        seen_at=now,
        reached=5.0,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process and the server counted up to one moment."""

    at: float
    cpu: float
    waited: float
    figures: Mapping[str, float]
    calls: Mapping[str, int]


class Driver:
    """One `canary drive --all` at work."""

    def __init__(self, process: "subprocess.Popen[str]", address: str, server: Server) -> None:
        self.process, self.address, self.server = process, address, server

    def read(self) -> Reading:
        """Where it stands now."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        text = urllib.request.urlopen(f"{self.address}/metrics", timeout=30).read().decode()
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        figures = {name: float(value) for name, _, value in lines}
        cpu = (int(stat[11]) + int(stat[12])) / TICK
        tally = self.server.control("tally")
        return Reading(time.monotonic(), cpu, self._waited(), figures, tally)

    def _waited(self) -> float:
        """Seconds its threads stood ready, and no processor was free."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9

    def status(self, key: str) -> int:
        """A number of /proc's status: KiB, or a count."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1])
        raise RuntimeError(f"no {key} in /proc")


@contextmanager
def driving(number: int) -> Iterator[Driver]:
    """A server with so many endpoints, their releases, and who drives them."""
    with running() as server, TemporaryDirectory() as home:
        store, now = open_at(f"{home}/state"), datetime.now(UTC)
        for one in range(number):
            server.endpoint(f"e-{one}", {"blue": 95, "green": 5})
            # Few requests, half of them on each: the server shares the machine, and makes each one.
            load = {"rate": 0.3, "split": {"blue": 0.5, "green": 0.5}, "backfill_seconds": 180}
            server.control("traffic", {"endpoint": f"e-{one}", **load})
            store.save(Record(replace(release(one, now), base="")))
        store.close()
        env = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "CANARY_STATE": f"{home}/state",
            **server.environment,
        }
        process = subprocess.Popen(
            (beside("canary"), "drive", "--all", "-o", "ndjson"),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            address = process.stderr.readline().split()[4].removesuffix("/healthz")
            yield Driver(process, address, server)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def lag_at(share: float, before: Reading, after: Reading) -> float:
    """The bound that this share of the looks kept to."""
    name = "canary_lag_seconds_bucket"
    grown = {key: after.figures[key] - before.figures[key] for key in after.figures if name in key}
    total = max(grown.values())
    bounds = {
        float(key.partition('le="')[2].rstrip('"}').replace("+Inf", "inf")): value
        for key, value in grown.items()
    }
    return min(bound for bound, value in bounds.items() if value >= share * total)


def main() -> int:
    """Drive, count, show."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--releases", type=int, default=200)
    arguments.add_argument("--seconds", type=float, default=180)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    with driving(given.releases) as driver:
        time.sleep(WARM_UP)
        before = driver.read()
        time.sleep(given.seconds)
        after = driver.read()
        memory, threads = driver.status("VmHWM") / 1024, driver.status("Threads")
    minutes = (after.at - before.at) / 60
    cpu = (after.cpu - before.cpu) / (given.releases * minutes)
    calls = {
        name: round((number - before.calls.get(name, 0)) / minutes, 1)
        for name, number in after.calls.items()
    }
    figures = {
        "releases": given.releases,
        "minutes": round(minutes, 2),
        "cpu_ms_a_release_minute": round(1000 * cpu, 2),
        "cores": round((after.cpu - before.cpu) / (after.at - before.at), 3),
        "starved": round((after.waited - before.waited) / (after.cpu - before.cpu), 2),
        "peak_mib": round(memory),
        "threads": threads,
        "lag_p50": lag_at(0.5, before, after),
        "lag_p95": lag_at(0.95, before, after),
        "lag_p99": lag_at(0.99, before, after),
        "calls_a_minute": calls,
        "states": {key: value for key, value in after.figures.items() if "releases{" in key},
        "faults": {key: v for key, v in after.figures.items() if "faults" in key or "blind" in key},
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    met = cpu <= CPU_GOAL and memory <= MEMORY_GOAL and figures["lag_p95"] <= LAG_GOAL
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
