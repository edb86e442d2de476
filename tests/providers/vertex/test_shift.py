"""Setting the traffic split: what is written, who wins, what a lost answer means."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from servers.vertex import Server
from servers.vertex.seed import deployed

from canarycli.errors import Conflict, NotFound, ProviderError, Rejected, Unavailable, Unsupported
from canarycli.traffic import Traffic
from canarycli_vertex import Vertex
from canarycli_vertex.notes import notes_of, with_notes

NOTES = {"canary-release": "r-7h3c", "canary-baseline": "11", "canary-candidate": "22"}


def writes(server: Server) -> list[dict[str, Any]]:
    """The mask and body of every PATCH so far."""
    return [
        {"mask": parse_qs(call["query"])["updateMask"][0], **json.loads(call["body"])}
        for call in server.calls
        if call["call"] == "updateEndpoint"
    ]


def split(server: Server) -> dict[str, int]:
    found: dict[str, int] = server.cloud.endpoints["1000"]["trafficSplit"]
    return found


def raised(vertex: Vertex, percent: float = 5) -> None:
    vertex.shift(vertex.describe("1000"), Traffic.split("11", "22", percent), NOTES)


def test_a_raise_writes_split_and_labels_in_one_guarded_request(
    vertex: Vertex, server: Server
) -> None:
    seen = vertex.describe("1000")

    vertex.shift(seen, Traffic.split("11", "22", 5), NOTES)

    assert writes(server) == [
        {
            "mask": "trafficSplit,labels",
            "etag": seen.revision,
            "trafficSplit": {"11": 95, "22": 5},
            "labels": {"team": "fraud", **NOTES},
        }
    ]


def test_what_was_written_is_read_back_by_another_machine(vertex: Vertex, server: Server) -> None:
    raised(vertex)

    seen = Vertex({
        "project": "acme-ml", "region": "europe-west4", "endpoint_url": server.url
    }).describe("1000")  # fmt: skip

    assert seen.traffic.same_as(Traffic.split("11", "22", 5))
    assert vertex.notes(seen) == NOTES


def test_empty_notes_leave_the_labels_as_they_are(vertex: Vertex, server: Server) -> None:
    raised(vertex)
    server.calls.clear()

    vertex.shift(vertex.describe("1000"), Traffic.split("11", "22", 25), {})

    assert [write["mask"] for write in writes(server)] == ["trafficSplit"]
    assert vertex.notes(vertex.describe("1000")) == NOTES


def test_a_raise_with_a_stale_look_is_a_conflict(vertex: Vertex, server: Server) -> None:
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 98, "22": 2})

    with pytest.raises(Conflict, match="changed since it was looked at") as caught:
        vertex.shift(seen, Traffic.split("11", "22", 5), NOTES)

    assert split(server) == {"11": 98, "22": 2}
    assert caught.value.facts == ("then: 11 100%", "now:  11 98%, 22 2%")


@pytest.mark.parametrize("status", ["ABORTED", "FAILED_PRECONDITION"])
def test_lowering_wins_over_another_writer(vertex: Vertex, server: Server, status: str) -> None:
    raised(vertex)
    server.control("POST", "settings", stale_status=status)
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 50, "22": 50})

    vertex.shift(seen, Traffic.all_to("11"), {})

    assert split(server) == {"11": 100}


def test_lowering_writes_nothing_but_the_split(vertex: Vertex, server: Server) -> None:
    raised(vertex)
    server.calls.clear()

    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), NOTES)

    assert [write["mask"] for write in writes(server)] == ["trafficSplit"]


def test_notes_of_a_lowering_go_with_the_split(vertex: Vertex, server: Server) -> None:
    raised(vertex)
    server.calls.clear()

    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), {**NOTES, "canary-ended": "y"})

    assert [write["mask"] for write in writes(server)] == ["trafficSplit,labels"]
    assert vertex.notes(vertex.describe("1000")) == {**NOTES, "canary-ended": "y"}


def test_lowering_gets_through_a_writer_that_never_stops(vertex: Vertex, server: Server) -> None:
    raised(vertex)
    rival = {"endpoint": "1000", "trafficSplit": {"11": 50, "22": 50}}
    server.control("POST", "faults", call="updateEndpoint", kind="write", times=100, write=rival)

    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), {})

    assert split(server) == {"11": 100}


def test_lowering_never_raises_what_somebody_lowered_further(
    vertex: Vertex, server: Server
) -> None:
    raised(vertex, 50)
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 100})

    with pytest.raises(Conflict):
        vertex.shift(seen, Traffic.split("11", "22", 25), {})

    assert split(server) == {"11": 100}


def test_a_rollback_writes_even_if_it_reads_the_split_it_wants(
    vertex: Vertex, server: Server
) -> None:
    vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), NOTES)

    assert writes(server)[0]["trafficSplit"] == {"11": 100}


@pytest.mark.parametrize("lost", ["drop_after", "html_after", "garbage_after", "truncated"])
def test_a_lost_answer_is_recognised_on_the_second_try(
    vertex: Vertex, server: Server, lost: str
) -> None:
    seen, to = vertex.describe("1000"), Traffic.split("11", "22", 5)
    server.control("POST", "faults", call="updateEndpoint", kind=lost)

    with pytest.raises(Unavailable):
        vertex.shift(seen, to, NOTES)
    vertex.shift(seen, to, NOTES)

    assert split(server) == {"11": 95, "22": 5}


def test_the_same_split_with_other_notes_is_somebody_elses(vertex: Vertex, server: Server) -> None:
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 95, "22": 5})

    with pytest.raises(Conflict):
        vertex.shift(seen, Traffic.split("11", "22", 5), NOTES)


def test_another_split_with_the_same_notes_is_somebody_elses(
    vertex: Vertex, server: Server
) -> None:
    raised(vertex)
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 98, "22": 2})

    with pytest.raises(Conflict):
        vertex.shift(seen, Traffic.split("11", "22", 25), NOTES)


def test_giving_a_third_version_the_baselines_traffic_is_no_lowering(
    vertex: Vertex, server: Server
) -> None:
    models = [deployed("11", "1"), deployed("22", "2"), deployed("33", "3")]
    server.control("PUT", "endpoints/1000", deployedModels=models)
    raised(vertex)
    seen = vertex.describe("1000")
    server.control("PUT", "endpoints/1000", description="touched")

    with pytest.raises(Conflict):
        vertex.shift(seen, Traffic({"11": 50, "22": 0, "33": 50}), {})


def test_an_endpoint_in_the_middle_of_an_operation_is_a_conflict_for_a_raise(
    vertex: Vertex, server: Server
) -> None:
    server.control("POST", "faults", call="updateEndpoint", kind="busy")

    with pytest.raises(Conflict, match="other operations"):
        raised(vertex)


def test_an_endpoint_in_the_middle_of_an_operation_is_worth_another_try_for_a_rollback(
    vertex: Vertex, server: Server
) -> None:
    raised(vertex)
    server.control("POST", "faults", call="updateEndpoint", kind="busy")

    with pytest.raises(Unavailable) as caught:
        vertex.shift(vertex.describe("1000"), Traffic.all_to("11"), {})

    assert caught.value.after == 2.0


def test_a_version_that_is_not_deployed_gets_no_traffic(vertex: Vertex, server: Server) -> None:
    with pytest.raises(NotFound, match="no deployed model '33'") as caught:
        vertex.shift(vertex.describe("1000"), Traffic.split("11", "33", 5), {})

    assert "11 (models/500@1), 22 (models/500@2)" in caught.value.facts[0]
    assert writes(server) == []


def test_a_baseline_that_was_replaced_underneath_is_told(vertex: Vertex, server: Server) -> None:
    raised(vertex)
    seen = vertex.describe("1000")
    server.control(
        "PUT",
        "endpoints/1000",
        deployedModels=[deployed("12", "1"), deployed("22", "2")],
        trafficSplit={"12": 95, "22": 5},
    )

    with pytest.raises(NotFound, match="no deployed model '11'") as caught:
        vertex.shift(seen, Traffic.all_to("11"), {})

    assert "traffic: 12 95%, 22 5%" in caught.value.facts[0]


def test_an_empty_split_is_refused(vertex: Vertex, server: Server) -> None:
    with pytest.raises(Unsupported, match="without traffic"):
        vertex.shift(vertex.describe("1000"), Traffic({}), {})

    assert writes(server) == []


def test_shadow_traffic_is_refused(vertex: Vertex) -> None:
    with pytest.raises(Unsupported, match="no shadow"):
        vertex.shift(vertex.describe("1000"), Traffic({"11": 100}, {"22": 10}), {})


def test_a_vpc_peered_endpoint_is_not_shifted(vertex: Vertex, server: Server) -> None:
    server.control("PUT", "endpoints/1000", network="projects/1/global/networks/vpc")

    with pytest.raises(Unsupported, match="VPC peering"):
        raised(vertex)


def test_percents_are_whole_and_a_retired_version_gets_none(vertex: Vertex, server: Server) -> None:
    models = [deployed("11", "1"), deployed("22", "2"), deployed("33", "3")]
    server.control("PUT", "endpoints/1000", deployedModels=models)

    vertex.shift(vertex.describe("1000"), Traffic({"11": 66.6, "22": 33.4, "33": 0}), {})

    assert split(server) == {"11": 67, "22": 33}


def test_thirds_are_whole_percents_too(vertex: Vertex, server: Server) -> None:
    models = [deployed("11", "1"), deployed("22", "2"), deployed("33", "3")]
    server.control("PUT", "endpoints/1000", deployedModels=models)

    thirds = Traffic.from_weights({"11": 1, "22": 1, "33": 1})
    vertex.shift(vertex.describe("1000"), thirds, {})

    assert sorted(split(server).values()) == [33, 33, 34]


@given(shares=st.lists(st.integers(0, 1000), min_size=1, max_size=5).filter(any))
def test_no_split_ever_differs_from_100(shares: list[int]) -> None:
    to = Traffic.from_weights({str(name): share for name, share in enumerate(shares)})

    written = to.rounded(1)

    assert sum(written.values()) == 100
    assert all(to.of(name) > 0 for name in written)


@example(notes={"canary-release": "x--a_5f"})
@example(notes={"canary-release": "Große Übung"})
@given(
    notes=st.dictionaries(
        st.from_regex(r"canary-[a-z][a-z0-9]{0,10}", fullmatch=True).filter(
            lambda key: key != "canary-operation"
        ),
        st.text(max_size=200),
    )
)
def test_every_note_fits_into_labels_and_comes_back(notes: dict[str, str]) -> None:
    labels = with_notes({"team": "fraud"}, notes)

    assert notes_of(labels) == notes
    assert labels["team"] == "fraud"
    assert all(len(text) <= 64 for text in (*labels, *labels.values()))
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert set("".join((*labels, *labels.values()))) <= allowed


def test_a_shorter_note_leaves_nothing_of_a_longer_one() -> None:
    labels = with_notes({}, {"canary-release": "long " * 40})

    assert with_notes(labels, {"canary-release": "r-1"}) == {"canary-release": "r-1"}


def test_a_note_that_can_not_be_a_label_is_refused(vertex: Vertex) -> None:
    with pytest.raises(Rejected, match="'canary-Release' can't be a label"):
        vertex.shift(vertex.describe("1000"), Traffic.split("11", "22", 5), {"canary-Release": "x"})


def test_a_raise_the_cloud_refuses_is_told_in_its_own_words(vertex: Vertex, server: Server) -> None:
    full = {f"k{number}": "v" for number in range(62)}
    server.control("PUT", "endpoints/1000", labels=full)

    with pytest.raises(ProviderError, match="Too many labels"):
        raised(vertex)


def test_the_plain_command_does_the_same_without_a_request(vertex: Vertex, server: Server) -> None:
    command = vertex.plain_command("1000", Traffic({"11": 100.0, "22": 0.0}))

    assert command == (
        "gcloud ai endpoints update 1000 --region=europe-west4 --project=acme-ml "
        "--traffic-split=11=100,22=0"
    )
    assert server.calls == []


def test_the_plain_command_knows_the_id_of_a_name_that_was_looked_up(vertex: Vertex) -> None:
    vertex.describe("churn")

    assert vertex.plain_command("churn", Traffic.all_to("11")).startswith(
        "gcloud ai endpoints update 1000 "
    )


def test_the_plain_command_looks_up_a_name_by_itself(vertex: Vertex, server: Server) -> None:
    command = vertex.plain_command("Fraud Scorer", Traffic.all_to("11"))

    place = "--region=europe-west4 --project=acme-ml"
    assert command == (
        f'gcloud ai endpoints update "$(gcloud ai endpoints list {place} '
        """'--filter=displayName="Fraud Scorer"' '--format=value(name)')" """
        f"{place} --traffic-split=11=100"
    )
    assert server.calls == []


def test_a_key_of_the_split_that_is_gone_goes_with_one_write(
    vertex: Vertex, server: Server
) -> None:
    server.control("PUT", "endpoints/1000", trafficSplit={"11": 95, "777": 5})
    seen = vertex.describe("1000")

    vertex.shift(seen, Traffic({"11": 100.0, "22": 0.0}), {})

    writes = [call for call in server.calls if call["call"] == "updateEndpoint"]
    assert "777" in seen.unfit
    assert len(writes) == 1
    assert server.cloud.endpoints["1000"]["trafficSplit"].get("777", 0) == 0
