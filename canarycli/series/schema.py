"""JSON Schemas (2020-12) of recorded series and their verdicts."""

from typing import Any

from canarycli.series.document import LARGEST

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_COUNT = {"type": "number", "minimum": 0, "maximum": LARGEST}
_PART = {"type": "number", "minimum": 0, "maximum": 1}
_MAYBE = {"type": ["number", "null"]}
_REQUESTS = {"type": ["number", "null"], "minimum": 0, "maximum": LARGEST}


def _row(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "prefixItems": list(entries),
        "minItems": len(entries),
        "maxItems": len(entries),
    }


def _rows(row: dict[str, Any], text: str) -> dict[str, Any]:
    return {"description": text, "type": "array", "items": {"anyOf": [row, {"type": "null"}]}}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_RELEASE = {
    "alpha": {
        "description": "limit on false rollbacks, over all metrics and looks",
        "type": "number",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "default": 0.01,
    },
    "beta": {
        "description": "limit on false passes of a metric",
        "type": "number",
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "default": 0.05,
    },
    "horizon": {
        "description": "minutes judged at most",
        "type": "integer",
        "minimum": 1,
        "default": 1440,
    },
    "warm_up": {
        "description": "minutes after a change of the split in which only most requests failing"
        " counts; also as text, 5m",
        "oneOf": [{"type": "number", "minimum": 0}, {"type": "string"}],
        "default": 0,
    },
    "arm_noise": {
        "description": "by how much the rates of two equal arms differ; counts fail only beyond it",
        **_COUNT,
        "default": 0,
    },
    "stop_on_pass": {
        "description": "stop at the first pass too",
        "type": "boolean",
        "default": False,
    },
}

_MARGINS = {
    "rho_fail": {
        "description": "fail: proven above rho_fail * baseline's rate + delta_fail",
        "type": "number",
        "exclusiveMinimum": 0,
        "default": 1.1,
    },
    "delta_fail": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0},
    "rho_pass": {
        "description": "pass: proven below rho_pass * baseline's rate + delta_pass",
        "type": "number",
        "exclusiveMinimum": 0,
        "default": 1.5,
    },
    "delta_pass": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.0005},
    "tol_fail": {"description": "latency: slower by this fails", **_COUNT, "default": 0.1},
    "tol_pass": {"description": "latency: slower by less passes", **_COUNT, "default": 0.3},
    "margin_fail": {
        "description": "values: worse by this part of the baseline's level fails",
        **_COUNT,
        "default": 0.03,
    },
    "margin_pass": {
        "description": "values: worse by less passes",
        **_COUNT,
        "default": 0.03,
    },
    "differs_by": {
        "description": "counts, values and histograms of scores, of which the shares above the"
        " baseline's p10, p50 and p90 are compared: the limit in both directions, instead of the"
        " others: a part of the baseline's and, added, so much in the metric's own unit (a share:"
        " 0.02)",
        "type": "object",
        "properties": {"relative": _COUNT, "absolute": _COUNT},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "cap": {
        "description": "values that are means of amounts: what no single amount exceeds",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": LARGEST,
    },
}

_ARM_COUNTS = _row(
    _REQUESTS,
    _REQUESTS,
    _REQUESTS,
    _REQUESTS,
)

_FORMS = {
    "counts": (
        _row(_COUNT, _COUNT),
        "[requests, bad] of the baseline",
        _ARM_COUNTS,
        (
            "[candidate's requests, its bad ones, baseline's requests, its bad ones];"
            " null for both numbers of an arm that is missing"
        ),
    ),
    "histogram": (
        _list(_COUNT),
        "counts between the bounds, one more than bounds",
        _row(_list(_COUNT), _list(_COUNT)),
        "[candidate's counts, baseline's counts]",
    ),
    "percentiles": (
        _row(_REQUESTS, _list(_COUNT)),
        "[requests or null, values at the quantiles]",
        _row(_REQUESTS, _list(_COUNT), _REQUESTS, _list(_COUNT)),
        "[candidate's requests or null, its values at the quantiles, the same of the baseline]",
    ),
    "fractions": (
        _row(_COUNT, _list(_PART)),
        "[requests, share above tau for each quantile]; tau is the baseline's quantile before",
        _row(_COUNT, _list(_PART), _list(_PART), _COUNT, _list(_PART)),
        (
            "[candidate's requests, its share above tau * (1 + tol_fail), above"
            " tau * (1 + tol_pass), baseline's requests, its share above tau]"
        ),
    ),
    "values": (
        _row({"type": "number"}, _REQUESTS),
        "[value, requests or null]",
        _row({"type": "number"}, _REQUESTS, {"type": "number"}, _REQUESTS),
        "[candidate's value, its requests or null, the same of the baseline]",
    ),
}


def _form_of(form: str) -> dict[str, Any]:
    past, past_text, row, row_text = _FORMS[form]
    named: dict[str, Any] = {"properties": {"form": {"const": form}}}
    if form != "counts":
        named["required"] = ["form"]
    return {
        "if": named,
        "then": {
            "properties": {"history": _rows(past, past_text), "minutes": _rows(row, row_text)}
        },
    }


_ROWS: dict[str, Any] = {
    "form": {"enum": list(_FORMS), "default": "counts"},
    "better": {
        "description": "higher: the counted requests are the good ones",
        "enum": ["lower", "higher"],
        "default": "lower",
    },
    "quantiles": {
        **_list({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
        "minItems": 1,
        "default": [0.5, 0.9, 0.99],
    },
    "bounds": {"description": "of a histogram, rising", **_list(_COUNT)},
    "history": {"type": "array"},
    "minutes": {"type": "array"},
}

_EVERY_FORM = [
    *(_form_of(form) for form in _FORMS),
    {
        "if": {"properties": {"form": {"const": "histogram"}}, "required": ["form"]},
        "then": {"required": ["bounds"]},
    },
]

_METRIC = {
    "type": "object",
    "required": ["name", "minutes"],
    "properties": {
        "name": {
            "description": "errors_5xx, latency and so on weigh as in a plan; others as KPIs",
            "type": "string",
            "minLength": 1,
        },
        "config": {
            "type": "object",
            "properties": _MARGINS,
            "additionalProperties": False,
        },
        **_ROWS,
    },
    "additionalProperties": False,
    "allOf": _EVERY_FORM,
}

SERIES_SCHEMA: dict[str, Any] = {
    "$schema": _DIALECT,
    "title": "canary.series/1",
    "description": "A recorded release: what was known of both arms, minute by minute.",
    "type": "object",
    "required": ["schema"],
    "properties": {
        "schema": {"const": "canary.series/1"},
        "id": {"type": "string"},
        "config": {
            "type": "object",
            "properties": {**_RELEASE, **_MARGINS},
            "additionalProperties": False,
        },
        **_ROWS,
        "metrics": {"type": "array", "minItems": 1, "items": _METRIC},
    },
    "additionalProperties": False,
    "allOf": _EVERY_FORM,
    "oneOf": [
        {"required": ["minutes"], "properties": {"metrics": False}},
        {"required": ["metrics"], "properties": dict.fromkeys(_ROWS, False)},
    ],
}
"""One release a document. Every key of `config` is optional."""

VERDICT_SCHEMA: dict[str, Any] = {
    "$schema": _DIALECT,
    "title": "canary.verdict/1",
    "description": "The verdict on a recorded release.",
    "type": "object",
    "required": ["schema", "id", "verdict", "minute", "findings"],
    "properties": {
        "schema": {"const": "canary.verdict/1"},
        "id": {"type": "string"},
        "verdict": {"enum": ["pass", "fail", "inconclusive", "no_data"]},
        "minute": {
            "description": "index of the minute at which fail was first called;"
            " with stop_on_pass also pass; else null",
            "type": ["integer", "null"],
            "minimum": 0,
        },
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "verdict", "message"],
                "properties": {
                    "name": {"type": "string"},
                    "verdict": {"enum": ["pass", "fail", "inconclusive", "no_data"]},
                    "unit": {"type": "string"},
                    "relative": {
                        "description": "diff to limit are parts of the baseline's value",
                        "type": "boolean",
                    },
                    "baseline": _MAYBE,
                    "candidate": _MAYBE,
                    "diff": _MAYBE,
                    "low": {"description": "with high: true at all looks together", **_MAYBE},
                    "high": _MAYBE,
                    "limit": _MAYBE,
                    "limit_low": {"description": "the limit on the other side", **_MAYBE},
                    "n_baseline": _MAYBE,
                    "n_candidate": _MAYBE,
                    "more_requests": _MAYBE,
                    "message": {"type": "string"},
                },
            },
        },
    },
}
"""One line out for every document in."""
