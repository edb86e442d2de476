"""Writes docs/screen.svg, the live screen in the middle of a demo release.

    python docs/picture.py

The same code as `canary demo` drives it, a hundred times faster than real time; run it after a
change of the screen.
"""

import io
import os
import re
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from canarycli.cli.display.frame import frame
from canarycli.cli.display.scene import scene_of
from canarycli.engine.loop import drive
from canarycli.engine.status import release_status
from canarycli.judge import Verdict
from canarycli.operations.demo import Scenario, stage
from canarycli.operations.start import Intent
from canarycli.release.record import Release

PICTURE = Path(__file__).parent / "screen.svg"
WIDTH, HEIGHT, SPEED = 100, 18, 100.0
BAKE = timedelta(minutes=15)


def main() -> None:
    """Drive until the second stage is more than half baked with all checks passed, then draw."""
    with tempfile.TemporaryDirectory() as folder:
        intent = stage(Path(folder), Scenario.HEALTHY, SPEED, os.environ)
        controller = intent.work.controller(lambda _: None)
        controller.create(_in_no_hurry(intent.release))
        drive(controller, intent.work.key, until=None, seen=intent.endpoint, enough=_is_well_on)
        PICTURE.write_text(_drawn(intent), encoding="utf-8")


def _in_no_hurry(release: Release) -> Release:
    """With stages long enough that there is a verdict in the middle of one."""
    stages = tuple(replace(s, bake=BAKE if s.bake else s.bake) for s in release.plan.stages)
    return replace(release, plan=replace(release.plan, stages=stages))


def _is_well_on(release: Release) -> bool:
    if release.over:
        return True
    at, seen = release.confirmed_at, release.seen_at
    if release.stage != 1 or release.verdict is not Verdict.PASS or at is None or seen is None:
        return False
    return seen - at > release.stage_in_force.bake / 2


def _drawn(intent: Intent) -> str:
    work = intent.work
    record, now = work.store.load(work.key), work.clock.now()
    assert record is not None
    events = work.store.events(record.release.id)
    status = release_status(record, None, now)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in frame(scene_of(record, events, status, now, driven=True), WIDTH, HEIGHT):
        console.print(Text.assemble(*line), no_wrap=True, overflow="crop")
    svg = console.export_svg(title="canary start", unique_id="canary")
    # Rich's frame fetches its font and names its maker's site; a page of ours fetches nothing.
    svg = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas")


if __name__ == "__main__":
    main()
