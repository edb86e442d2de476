"""A fleet of 200 in eight waves, five of its endpoints bad, of which four may fail: who goes back?

    nice python bench/waves.py [--speed 20] [--json FILE]

One `canary fleet start` drives simulated endpoints, each with a record of its own. Right is: the
five bad ones and no other roll back, the fifth failure ends the fleet in its wave, everything in
the waves so far is promoted, and nothing of the waves after is begun. Exits with 1 otherwise.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from output import beside

WAVES, EACH, STOP_AFTER = 8, 25, 4
BAD = (31, 55, 62, 104, 117)
"""One in the second wave, two in the third, two in the fifth, which is the last to begin."""

LAST = 1 + BAD[-1] // EACH
PATIENCE = 300.0
"""Seconds after which it is given up."""

PLAN = """\
plans:
  calm:
    read_every: 5s
    stages: [{percent: 25, bake: 10s}, {percent: 100}]
    checks: [{metric: errors_5xx, never_above: 2%, min_requests: 50}]
    fails_after: 2
"""


def config(folder: Path, speed: float) -> str:
    """A canary.yaml with every endpoint of the fleet, each a cloud of its own."""
    entries = "".join(
        f"  e{one}:\n    provider: simulator\n    endpoint: demo\n    plan: calm\n"
        f"    state: {folder}/cloud-{one}.json\n    speed: {speed:g}x\n    period: 10s\n"
        "    settle: 0s\n    delay: 0s\n    day: 0\n"
        + ("    scenario: failing\n" if one in BAD else "")
        for one in range(WAVES * EACH)
    )
    return f"version: 1\nendpoints:\n{entries}{PLAN}"


def fleet() -> str:
    """The fleet file."""
    waves = "".join(
        f"  - endpoints: [{', '.join(f'e{one}' for one in range(first, first + EACH))}]\n"
        for first in range(0, WAVES * EACH, EACH)
    )
    return f"fleet: bench\nmodel: v42\nplan: calm\nstop_after: {STOP_AFTER}\nwaves:\n{waves}"


def right() -> dict[str, str]:
    """How each endpoint has to end."""
    begun = range(LAST * EACH)
    return {
        f"e{one}": "rolled_back" if one in BAD else "promoted" if one in begun else "waiting"
        for one in range(WAVES * EACH)
    }


def main() -> int:
    """Run it, compare, show."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--speed", type=float, default=20)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    with TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "canary.yaml").write_text(config(folder, given.speed), encoding="utf-8")
        (folder / "fleet.yaml").write_text(fleet(), encoding="utf-8")
        began = time.monotonic()
        done = subprocess.run(
            (beside("canary"), "fleet", "start", "fleet.yaml", "--yes", "-o", "json"),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": home, "CANARY_STATE": f"{home}/records"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        seconds = time.monotonic() - began
    document = json.loads(done.stdout)
    seats = [seat for wave in document["waves"] for seat in wave["endpoints"]]
    found = {seat["endpoint"]: seat["state"] for seat in seats}
    states = list(found.values())
    wrong = {name: state for name, state in found.items() if right()[name] != state}
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "endpoints": len(found),
        "exit": done.returncode,
        "state": document["state"],
        "ended": {state: states.count(state) for state in sorted(set(states))},
        "wrong": wrong,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(spent.ru_utime + spent.ru_stime, 1),
        "peak_mib": round(spent.ru_maxrss / 1024),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")
    return 1 if wrong or set(found) != set(right()) or done.returncode != 3 else 0


if __name__ == "__main__":
    sys.exit(main())
