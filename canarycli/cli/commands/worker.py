"""`canary worker`: drives what is left to Temporal, as one of its workers."""

import os

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import WithoutRelease
from canarycli.cli.options.serving import Length, Listen, naming, parted
from canarycli.config import bake_from_option
from canarycli.operations.drive_all import looks_of
from canarycli.operations.engines import temporal_of
from canarycli.operations.health import served
from canarycli.operations.waves import Waves
from canarycli.operations.worker import work


def worker(
    common: WithoutRelease,
    *,
    length: Length = None,
    listen: Listen = "127.0.0.1:0",
) -> int:
    """Drive what is left to Temporal, from one of its workers.

    Temporal keeps the times of looks; what a look finds and decides is in the records, as
    without it. Open releases that nobody told it of are found too. Run as many as you like:
    one that is stopped hands over at once, one that is killed within 90 seconds.
    """
    with Output(common) as output:
        engine = temporal_of(common.config, os.environ)
        host, port = parted(listen)
        span = bake_from_option(length, "--for") if length else None
        tell = naming(output)
        looks = looks_of(os.environ, tell, config=common.config)
        waves = Waves(os.environ, common.config, tell, output.say)
        with served(looks.figures, host, port) as address:
            output.say(f"health and figures at {address}/healthz and {address}/metrics")
            return int(work(engine, looks, waves, span))
