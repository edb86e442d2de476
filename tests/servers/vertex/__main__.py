"""Runs the server as a process of its own."""

import argparse
import json
from pathlib import Path

from . import Server
from .seed import seed


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="servers.vertex")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", type=Path, help="write a fresh service-account key there")
    parser.add_argument("--project", default="acme-ml")
    parser.add_argument("--region", default="europe-west4")
    parser.add_argument("--seed", action="store_true", help="start with an endpoint and models")
    given = parser.parse_args()
    server = Server(given.project, given.region, given.port)
    if given.key:
        given.key.touch(mode=0o600)
        given.key.write_text(json.dumps(server.identity.new_key(server.url)), encoding="utf-8")
    if given.seed:
        seed(server)
    print(server.url, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
