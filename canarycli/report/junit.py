"""A release as JUnit XML: one suite, one test case for each check of each stage."""

from xml.etree import ElementTree as ET

from canarycli.harmless import in_xml
from canarycli.report.story import Reading, Row, Story
from canarycli.traffic import percent

RESULTS = {"fail": "failure", "inconclusive": "skipped", "no_data": "error"}
"""What a verdict is in JUnit's words; a pass is a test case with nothing in it."""


def junit(story: Story) -> str:
    """The document. A check that only watches never fails a suite: it is skipped instead."""
    release = story.release
    readings = list(story.last_of_stages())
    results = [_result(row) for reading in readings for row in reading.checks]
    suite = ET.Element(
        "testsuite",
        {
            "name": in_xml(f"canary {release.endpoint}"),
            "tests": str(len(results)),
            "failures": str(results.count("failure")),
            "errors": str(results.count("error")),
            "skipped": str(results.count("skipped")),
            "time": f"{story.took.total_seconds():.3f}",
            "timestamp": f"{release.started_at:%Y-%m-%dT%H:%M:%S}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    facts = {
        "release": release.id,
        "baseline": release.baseline,
        "candidate": story.candidate,
        "outcome": (release.outcome or release.state).value,
        "why": release.why,
    }
    for name, text in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": in_xml(text)})
    for reading in readings:
        for row in reading.checks:
            suite.append(_case(story, reading, row))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(story: Story, reading: Reading, row: Row) -> ET.Element:
    release = story.release
    share = percent(release.plan.stages[reading.stage - 1].percent)
    case = ET.Element(
        "testcase",
        {
            "classname": in_xml(f"{release.endpoint}.stage {reading.stage} at {share}"),
            "name": in_xml(row["name"]),
            "time": f"{story.stage_length(reading).total_seconds():.3f}",
        },
    )
    result = _result(row)
    if result:
        ET.SubElement(case, result, {"message": in_xml(row["message"])})
    return case


def _result(row: Row) -> str:
    result = RESULTS.get(row["verdict"], "")
    return "skipped" if result and row.get("role") == "watch" else result
