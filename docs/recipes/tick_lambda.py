"""A Lambda function that takes one step of a release: `canary tick`, its answer handed on.

Deployed as the container image of docs/recipes/Dockerfile with awslambdaric beside it, and with
CANARY_STATE naming a bucket. It is safe to call too often, twice at once, and after any failure.
"""

import json
import os
import subprocess
from math import ceil
from typing import Any

CANARY = os.environ.get("CANARY_COMMAND", "canary").split()


def handler(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """The document of `canary tick RELEASE -o json`; a failed step is an error of the task."""
    ran = subprocess.run(  # noqa: S603 - a list of words, no shell
        [*CANARY, "tick", event["release"], "-o", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    document: dict[str, Any] = json.loads(ran.stdout or "{}")
    if document.get("schema") != "canary.tick/1":
        raise RuntimeError(ran.stderr.strip() or f"canary tick ended with {ran.returncode}")
    wake = document["wake_in"]  # a wait of Step Functions takes whole seconds
    return {**document, "wake_in": None if wake is None else max(1, ceil(wake))}
