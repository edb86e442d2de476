"""Serve on 127.0.0.1 until told to stop; the URL is the first line of output."""

import argparse
import signal
from pathlib import Path
from types import FrameType

from .running import serving


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m servers.azureml", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 for any free one")
    parser.add_argument("--ca", type=Path, required=True, help="where the CA certificate goes")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    with serving(args.ca, args.port) as server:
        print(server.url, flush=True)
        signal.pause()


def _stop(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
