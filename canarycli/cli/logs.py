"""--debug: the HTTP lines of the cloud libraries on stderr, without secrets."""

import logging
import os
import sys

from canarycli.cli.display.masking import mask

_HTTP = ("botocore.endpoint", "botocore.parsers", "urllib3.connectionpool", "google.auth", "azure")


class _Masked(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record), os.environ)


def show_http() -> None:
    """Show what goes over the wire, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked("%(asctime)s debug     %(name)s: %(message)s", "%H:%M:%S"))
    for name in _HTTP:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        logger.propagate = False
