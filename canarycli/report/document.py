"""A release as one JSON object, `canary.report/1`: all there is, to be kept or drawn elsewhere."""

import json
from collections.abc import Mapping
from typing import Any

from canarycli.harmless import harmless_json
from canarycli.report.story import Story

SCHEMA = "canary.report/1"


def report_document(story: Story, status: Mapping[str, Any]) -> dict[str, Any]:
    """The whole story.

    Args:
        story: what happened.
        status: the release as `canary status -o json` has it.
    """
    release = story.release
    return {
        "schema": SCHEMA,
        "status": status,
        "headline": story.headline,
        "links": dict(story.pages),
        "sentence": story.sentence,
        "seconds": round(story.took.total_seconds(), 1),
        "plan": {
            "name": release.plan.name,
            "stages": [
                {"percent": stage.percent, "bake": stage.bake, "then": stage.then}
                for stage in release.plan.stages
            ],
            "checks": [check.name for check in release.plan.checks],
        },
        "traffic": [{"time": at, "percent": share} for at, share in story.shares],
        "readings": [
            {
                "time": reading.at,
                "stage": reading.stage,
                "verdict": reading.verdict,
                "checks": list(reading.checks),
            }
            for reading in story.readings
        ],
        "timeline": [
            {"time": event.at, "type": event.type, "level": event.level, "message": event.message}
            for event in story.moments
        ],
    }


def report_json(document: Mapping[str, Any]) -> str:
    """The object as a file's text."""
    return harmless_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"
