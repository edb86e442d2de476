"""--debug: a line for each call of a cloud: method, host, path, status, and nothing else of it."""

import logging
import os
import re
import sys

from canarycli.harmless import harmless
from canarycli.masking import mask

_HTTP = "urllib3.connectionpool"
"""All three clouds' clients call through it; their own loggers show bodies and headers."""

_QUERY = re.compile(r"\?[^\s\"]*")


class _Brief(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _QUERY.sub("", super().format(record))
        return harmless(mask(line, os.environ)).replace("\n", " ")


def show_http() -> None:
    """Show what goes over the wire, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Brief("%(asctime)s debug     %(message)s", "%H:%M:%S"))
    logger = logging.getLogger(_HTTP)
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    logger.propagate = False
