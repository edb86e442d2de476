"""The JSON Schemas of what canary prints: its status, its events, its report."""

from collections.abc import Mapping
from typing import Any

from canarycli.judge.finding import Verdict
from canarycli.metrics import Unit
from canarycli.plan import Role, Then
from canarycli.release.record import Cause, Outcome, State

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

TIME: Schema = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 100, "description": "percent"}
PART: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SECONDS: Schema = {"type": "number", "description": "seconds"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def maybe(schema: Schema) -> Schema:
    """The same, or null where there is nothing to say."""
    return {"anyOf": [schema, {"type": "null"}]}


def words(enum: Any) -> Schema:
    """Every word of an enum."""
    return {"enum": [member.value for member in enum]}


def thing(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object; fields may be added within a version, so more of them are no mistake."""
    return {"type": "object", "properties": dict(properties), "required": list(required)}


CHECK = thing(
    {
        "name": TEXT,
        "verdict": words(Verdict),
        **{
            name: maybe(NUMBER)
            for name in ("baseline", "candidate", "diff", "low", "high", "limit", "limit_low")
        },
        "unit": words(Unit),
        "relative": {
            "type": "boolean",
            "description": "diff, low, high and limit are fractions of the baseline's value",
        },
        "role": words(Role),
        "gates": {
            "enum": ["stage", "end"],
            "description": "what waits for its pass: a stage, or the end of the probation",
        },
        "n_baseline": maybe(NUMBER),
        "n_candidate": maybe(NUMBER),
        "age_seconds": maybe(SECONDS),
        "delay_seconds": {
            "type": ["number", "null"],
            "description": "how late the metric comes, null for the endpoint's own cloud",
        },
        "source": {
            "type": ["string", "null"],
            "description": "where the numbers come from, null for the endpoint's own cloud",
        },
        "sampled": {
            "type": ["number", "null"],
            "description": "the part of the recorded answers that was read, null without them",
        },
        "labelled": {
            "type": ["object", "null"],
            "description": "the part of each arm's answers that has a label, null without labels",
            "properties": {"baseline": PART, "candidate": PART},
        },
        "message": TEXT,
    }
)
"""One check at one look."""

ARM = thing({"name": TEXT, "share": SHARE}, ("name", "share"))
"""The baseline or the candidate."""

_STAGE = thing(
    {
        "index": {"type": "integer", "minimum": 1},
        "of": {"type": "integer", "minimum": 1},
        "percent": SHARE,
        "shadow": SHARE,
        "since": maybe(TIME),
        "seconds_left": maybe(SECONDS),
    }
)
_DRIVER = thing(
    {
        "id": TEXT,
        "url": maybe(TEXT),
        "last_heard": TIME,
        "alive": {"type": "boolean"},
    }
)
_PAUSE = thing(
    {
        "cause": words(Cause),
        "by": TEXT,
        "reason": TEXT,
        "since": TIME,
        "until": maybe(TIME),
        "then": words(Then),
    }
)
_APPROVALS = thing(
    {
        "needed": {"type": "integer", "minimum": 1},
        "given": {
            "type": "array",
            "items": thing({"by": TEXT, "reason": TEXT, "through": TEXT, "url": TEXT}),
        },
        "missing": {
            "type": "array",
            "items": TEXT,
            "description": "who may and has not; empty where anybody may",
        },
        "environments": {"type": "array", "items": TEXT},
        "signed": {"type": "boolean"},
    }
)
_NEXT = thing(
    {
        "action": {"enum": ["shift", "hold", "rollback", "go", "promoted"]},
        "percent": SHARE,
        "at": maybe(TIME),
    }
)
_VERSION = thing(
    {
        "name": TEXT,
        "share": SHARE,
        "shadow": SHARE,
        "in_service": {"type": "boolean"},
        "model": TEXT,
        "instances": maybe(COUNT),
    }
)


def status_schema() -> Schema:
    """The schema of `canary status -o json` for one release or endpoint."""
    properties = {
        "schema": {"const": "canary.status/1"},
        "release": maybe(TEXT),
        "endpoint": TEXT,
        "provider": TEXT,
        "region": TEXT,
        "state": {"enum": [*(state.value for state in State), "idle"]},
        "verdict": maybe(words(Verdict)),
        "outcome": maybe(words(Outcome)),
        "exit_code": COUNT,
        "why": TEXT,
        "baseline": maybe(ARM),
        "candidate": maybe(ARM),
        "traffic": {"type": "object", "additionalProperties": SHARE},
        "settled": maybe({"type": "boolean"}),
        "stage": _STAGE,
        "driver": maybe(_DRIVER),
        "pause": maybe(_PAUSE),
        "approvals": maybe(_APPROVALS),
        "frozen": {**maybe(TEXT), "description": "the freeze it waits for, in words"},
        "checks": {"type": "array", "items": CHECK},
        "next": maybe(_NEXT),
        "expected_end": maybe(TIME),
        "started_at": TIME,
        "started_by": TEXT,
        "ended_at": maybe(TIME),
        "read_at": maybe(TIME),
        "requests_on_candidate": COUNT,
        "extra_failures": COUNT,
        "plan": TEXT,
        "made": {"type": "array", "items": TEXT},
        "note": TEXT,
        "ref": TEXT,
        "versions": {"type": "array", "items": _VERSION},
        "guarded": {"type": "boolean"},
        "waited_for": {"enum": ["accepted", "rolled_back", "verified"]},
    }
    needed = ("schema", "release", "endpoint", "provider", "state", "verdict", "checks")
    return {"$schema": DRAFT, "title": "canary.status/1", **thing(properties, needed)}


_CHANGE = {"from": SHARE, "to": SHARE, "request_id": TEXT, "seconds": SECONDS}
_WAY_BACK = {"why": TEXT, "by": TEXT, "seconds": SECONDS}
_STEP = {
    "stage": {"type": "integer", "minimum": 1},
    "by": TEXT,
    "reason": TEXT,
    "until": maybe(TIME),
}
_DRIVEN = {"driver": TEXT, "expires": TIME}

EVENTS: Mapping[str, Mapping[str, Schema]] = {
    "planned": {
        "stages": {"type": "array"},
        "checks": {"type": "array"},
        "expected_seconds": SECONDS,
    },
    "uploaded": {"made": {"type": "array", "items": TEXT}},
    "locked": _DRIVEN,
    "lease_lost": _DRIVEN,
    "taken_over": _DRIVEN,
    "shift_requested": _CHANGE,
    "shift_accepted": _CHANGE,
    "shift_confirmed": _CHANGE,
    "smoke": {"name": TEXT, "ok": {"type": "boolean"}, "seconds": SECONDS},
    "capacity": {"version": TEXT, "instances": COUNT, "needed": COUNT},
    "read": {
        "stage": {"type": "integer", "minimum": 1},
        "verdict": words(Verdict),
        "checks": {"type": "array", "items": CHECK},
    },
    "stage_passed": _STEP,
    "held": _STEP,
    "approved": {"by": TEXT, "reason": TEXT, "through": TEXT, "url": TEXT},
    "frozen": {"why": TEXT},
    "freeze_overridden": {"by": TEXT, "reason": TEXT},
    "freezes_changed": {"by": TEXT, "freezes": COUNT},
    "probation": _STEP,
    "paused": _STEP,
    "resumed": _STEP,
    "no_metrics": {"check": TEXT, "newest": maybe(TIME), "query": TEXT},
    "rollback_started": _WAY_BACK,
    "rollback_confirmed": _WAY_BACK,
    "rollback_undone": {"share": NUMBER},
    "rollback_failed": _WAY_BACK,
    "ended": {
        "outcome": words(Outcome),
        "exit_code": COUNT,
        "extra_failures": maybe(NUMBER),
        "requests_on_candidate": maybe(NUMBER),
        "seconds": SECONDS,
    },
}
"""The fields that each type of event may have besides the common ones."""


def events_schema() -> Schema:
    """The schema of one line of ndjson; of an unknown type only the message counts."""
    version = thing(
        {
            "type": {"const": "version"},
            "schema": {"const": "canary.events/1"},
            "canary": TEXT,
        },
        ("type", "schema", "canary"),
    )
    event = thing(
        {
            "type": {"type": "string", "not": {"const": "version"}},
            "time": TIME,
            "level": {"enum": ["info", "warning", "error"]},
            "message": {**TEXT, "description": "a sentence for people"},
            "release": maybe(TEXT),
        },
        ("type", "time", "level", "message", "release"),
    )
    event["allOf"] = [
        {"if": {"properties": {"type": {"const": name}}}, "then": thing(fields)}
        for name, fields in EVENTS.items()
    ]
    return {"$schema": DRAFT, "title": "canary.events/1", "oneOf": [version, event]}


def report_schema() -> Schema:
    """The schema of `canary report --format json`."""
    stage = thing({"percent": SHARE, "bake": SECONDS, "then": words(Then)})
    kind = {"enum": ["", "ceiling", "floor"], "description": "the limit is the candidate's own"}
    check = thing({**CHECK["properties"], "kind": kind})
    checks = {"type": "array", "items": check}
    reading = thing(
        {"time": TIME, "stage": {"type": "integer"}, "verdict": words(Verdict), "checks": checks}
    )
    moment = thing({"time": TIME, "type": TEXT, "level": TEXT, "message": TEXT})
    properties: dict[str, Schema] = {
        "schema": {"const": "canary.report/1"},
        "status": thing({"schema": {"const": "canary.status/1"}, "release": TEXT}),
        "headline": TEXT,
        "links": {"type": "object", "additionalProperties": TEXT},
        "sentence": TEXT,
        "seconds": SECONDS,
        "plan": thing(
            {
                "name": TEXT,
                "stages": {"type": "array", "items": stage},
                "checks": {"type": "array", "items": TEXT},
            }
        ),
        "traffic": {"type": "array", "items": thing({"time": TIME, "percent": SHARE})},
        "readings": {"type": "array", "items": reading},
        "timeline": {"type": "array", "items": moment},
    }
    return {"$schema": DRAFT, "title": "canary.report/1", **thing(properties, tuple(properties))}
