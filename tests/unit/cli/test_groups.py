"""Lines in the log of a CI system: calm ones folded, what must be seen outside, in its colours."""

from datetime import UTC, datetime

import pytest

from canarycli.cli.display.groups import Groups, shows_colour
from canarycli.cli.display.lines import event_line
from canarycli.journal import Event

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASKED = Event("shift_requested", NOON, "asking for v42 5%")
CALM = Event("read", NOON, "2 of 2 checks pass", fields={"verdict": "pass"})
PASSED = Event("stage_passed", NOON, "stage 1/4 at 5%")
BROKEN = Event("waiting", NOON, "the cloud does not answer", "warning")


@pytest.mark.parametrize(
    ("env", "begin", "end"),
    [
        ({"GITHUB_ACTIONS": "true"}, "::group::asking for v42 5%", "::endgroup::"),
        ({"TF_BUILD": "True"}, "##[group]asking for v42 5%", "##[endgroup]"),
    ],
    ids=["github", "azure"],
)
def test_a_group_begins_with_a_new_share_and_ends_with_what_must_be_seen(
    env: dict[str, str], begin: str, end: str
) -> None:
    groups = Groups(env)

    assert [groups.before(event) for event in (ASKED, CALM, PASSED)] == [begin, "", end]
    assert [groups.before(event) for event in (ASKED, BROKEN)] == [begin, end]
    assert groups.close(NOON) == ""


def test_gitlab_has_sections_with_names_of_their_own() -> None:
    groups = Groups({"GITLAB_CI": "true"})

    first, _, second = (groups.before(event) for event in (ASKED, PASSED, ASKED))

    assert first.endswith("canary_1[collapsed=true]\r\x1b[0Kasking for v42 5%")
    assert "canary_2" in second
    assert f"section_end:{NOON.timestamp():.0f}:canary_2" in groups.close(NOON)


def test_elsewhere_there_are_no_groups() -> None:
    groups = Groups({"CI": "true"})

    assert [groups.before(event) for event in (ASKED, CALM, PASSED)] == ["", "", ""]
    assert groups.close(NOON) == ""


def test_lines_are_coloured_where_the_system_shows_it() -> None:
    assert shows_colour({"GITLAB_CI": "true"})
    assert not shows_colour({"JENKINS_URL": "https://ci.example.com"})
    assert "\x1b[32mhealthy" in event_line(CALM, color=True)
    assert "\x1b" not in event_line(CALM)
