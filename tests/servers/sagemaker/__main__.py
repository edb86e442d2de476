"""Serve on a free port of 127.0.0.1 until told to stop; the URL is the first line of output."""

import argparse
import logging

from werkzeug.serving import make_server

from .app import App


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--loaded", action="store_true", help="load moto before the first call")
    given = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    app = App()
    if given.loaded:
        app.others.load()
    server = make_server("127.0.0.1", given.port, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
