"""A DAG that starts a release and looks after it step by step, holding no worker in between."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

NO_ANSWER = 10
"""Of the cloud: the exit code of a step that is worth another try."""


def canary(*words: str) -> subprocess.CompletedProcess[str]:
    """Run canary; what it says on stderr is in the task's log."""
    return subprocess.run(  # noqa: S603 - a list of words, no shell
        ["canary", *words],  # noqa: S607 - as installed
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


def begin(endpoint: str, model: str) -> str:
    """Start it, and name it; one that this task has started before is gone on with."""
    started = canary("start", endpoint, "-m", model, "--detach", "--yes", "-o", "json")
    if started.returncode != 0:
        raise RuntimeError(f"canary start ended with {started.returncode}")
    release: str = json.loads(started.stdout)["release"]
    return release


def is_over(release: str) -> bool:
    """Take one step; True once it was promoted.

    Raises:
        RuntimeError: it ended otherwise, or the step can't be taken.
    """
    ran = canary("tick", release, "-o", "json")
    step = json.loads(ran.stdout or "{}")
    if step.get("schema") != "canary.tick/1":
        if ran.returncode == NO_ANSWER:
            return False
        raise RuntimeError(f"canary tick ended with {ran.returncode}: {step.get('error')}")
    if step["outcome"] not in {None, "promoted"}:
        raise RuntimeError(f"{release} ended: {step['outcome']}")
    return step["outcome"] == "promoted"


def make_dag() -> None:
    """Tell Airflow; the functions above need nothing of it."""
    from airflow.sdk import dag, task

    @dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
    def release_model() -> None:
        release = task(begin, retries=0)("fraud-scorer", "v42")
        every = timedelta(seconds=30)
        task.sensor(is_over, poke_interval=every, timeout=86400, mode="reschedule")(release)

    release_model()


if find_spec("airflow"):
    make_dag()
