"""Reads what Vertex AI's request-response log keeps in BigQuery, by deployed model."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from canarycli.errors import Unsupported
from canarycli.metrics import Window
from canarycli.recorder import Answer, Budget, Recording
from canarycli_vertex.api import Api, Json
from canarycli_vertex.bigquery import Query, rows

TABLE = "request_response_logging"
"""The table that Vertex makes where nobody names one."""

PARTS = 1_000_000
TURN_ON = "turn on the endpoint's request-response logging, to a table of BigQuery"
_NAME = re.compile(r"[\w:-]+\.[\w-]+\.[\w-]+")

SELECT = """\
SELECT deployed_model_id AS version, logging_time AS at, CAST(request_id AS STRING) AS key,
  response_payload AS said
FROM `{table}`
WHERE logging_time >= @start AND logging_time < @end AND deployed_model_id IN UNNEST(@versions)
  AND MOD(ABS(FARM_FINGERPRINT(CAST(request_id AS STRING))), {parts}) < @part
"""


def recording_of(found: Json) -> Recording:
    """From an endpoint's JSON: the log is one setting for all its models."""
    config = found.get("predictRequestResponseLoggingConfig") or {}
    uri = str((config.get("bigqueryDestination") or {}).get("outputUri") or "")
    where = _table(uri, found) if uri else ""
    if not config.get("enabled"):
        return Recording(where, 0.0, "its request-response log is off")
    if not _NAME.fullmatch(where):
        return Recording(where, 0.0, "its request-response log names no table of BigQuery")
    return Recording(where, 100.0 * float(config.get("samplingRate") or 1.0))


def logged(
    api: Api,
    endpoint: str,
    versions: Collection[str],
    window: Window,
    *,
    recording: Recording,
    budget: Budget,
) -> Iterator[Answer]:
    """See `Recorder.answers`.

    A part is told by the hash of a request's number. It makes fewer answers, and no cheaper
    query: BigQuery reads whole columns.
    """
    if recording.why:
        raise Unsupported(f"no answers of {endpoint!r} are kept: {recording.why}", hint=TURN_ON)
    if not versions or not window:
        return
    query = Query(
        SELECT.format(table=recording.where, parts=PARTS),
        {
            "start": window.start,
            "end": window.end,
            "versions": sorted(versions),
            "part": round(budget.part * PARTS),
        },
        budget.most,
    )
    for number, row in enumerate(rows(api, query)):
        if row["said"] is not None and row["at"] is not None:
            key = str(row["key"] or f"{row['at']:%H%M%S%f}-{number}")
            yield Answer(str(row["version"]), row["at"], key, _body(row["said"]))


def _table(uri: str, found: Json) -> str:
    """The table of a log; Vertex names what the setting leaves open after the endpoint."""
    parts = uri.removeprefix("bq://").split(".")
    number = str(found.get("name", "")).rpartition("/")[2]
    made = re.sub(r"\W", "_", f"logging_{found.get('displayName', '')}_{number}")
    return ".".join((*parts, *(made, TABLE)[len(parts) - 1 :]))


def _body(said: Any) -> bytes:
    """The body as a caller got it: the log has each prediction for itself, or a body as a whole."""
    parts = [_parsed(str(part)) for part in said]
    if len(parts) == 1 and isinstance(parts[0], dict) and "predictions" in parts[0]:
        return json.dumps(parts[0]).encode()
    return json.dumps({"predictions": parts}).encode()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
