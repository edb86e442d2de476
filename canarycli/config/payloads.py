"""Reads the files of a plan's smoke tests, so that the plan holds all it needs on any machine."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

from canarycli.errors import PlanError
from canarycli.plan import Plan, Smoke

LARGEST = 256 * 1024
"""Bytes; the body is kept in the release's record, which is written every few seconds."""


def with_payloads(plan: Plan) -> Plan:
    """The same plan with the bodies of its smoke tests in it.

    Raises:
        PlanError: a file can't be read, or is too large.
    """
    return replace(plan, smoke=tuple(_read(smoke) if smoke.file else smoke for smoke in plan.smoke))


def _read(smoke: Smoke) -> Smoke:
    try:
        body = Path(smoke.file).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise PlanError(smoke.file, f"the smoke test's body can't be read: {reason}") from error
    if len(body) > LARGEST:
        raise PlanError(
            smoke.file,
            f"{len(body)} bytes are too many for a smoke test, it takes {LARGEST}",
            hint="send a smaller example",
        )
    try:
        return replace(smoke, payload=body.decode())
    except UnicodeDecodeError:
        return replace(smoke, payload=b64encode(body).decode(), binary=True)
