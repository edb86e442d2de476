"""Whatever an endpoint looks like, what we send is taken, and only what we meant is changed."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from servers.azureml.endpoints import new_deployment, new_endpoint
from servers.azureml.rules import check_endpoint
from servers.azureml.state import Endpoint, Workspace

from canarycli.provider import RELEASE_NOTE
from canarycli.traffic import Traffic
from canarycli_azureml import body as read
from canarycli_azureml.endpoint import read_endpoint
from canarycli_azureml.split import next_body, wanted

NAMES = ("Blue", "teal", "audit", "old-1")
TEXTS = st.text("abc.:-_/ 09", min_size=1, max_size=8)
OWN = ("location", "identity", "kind", "sku")
PROPERTIES = ("authMode", "description", "compute", "publicNetworkAccess", "properties")

some = settings(max_examples=60, deadline=None)
"""Enough to find a rounding that lost a share; a busy machine is no mistake."""


@st.composite
def endpoints(draw: st.DrawFn) -> Endpoint:
    """Any endpoint Azure ML could show: split, mirror, spelling, tags, identity and the rest."""
    raw: dict[str, Any] = {
        "location": "westeurope",
        "identity": draw(
            st.sampled_from(
                [
                    {"type": "SystemAssigned"},
                    {"type": "UserAssigned", "userAssignedIdentities": {"/a": {}, "/b": {}}},
                ]
            )
        ),
        "properties": {
            "authMode": draw(st.sampled_from(["Key", "AMLToken", "AADToken"])),
            "properties": draw(st.dictionaries(TEXTS, TEXTS, max_size=3)),
        },
    }
    raw["tags"] = draw(st.dictionaries(TEXTS, TEXTS, max_size=4))
    for key in ("description", "publicNetworkAccess"):
        raw["properties"] |= draw(st.sampled_from([{}, {key: "Disabled"}, {key: None}]))
    endpoint = new_endpoint(Workspace("s", "g", "w"), "churn", raw)
    for name in NAMES:
        deployment = {"location": "westeurope", "properties": {}}
        endpoint.deployments[name] = new_deployment(endpoint, name, deployment)
    percent = draw(st.integers(0, 100))
    live = {draw(st.sampled_from(["Blue", "blue"])): percent, "teal": 100 - percent}
    endpoint.body["properties"]["traffic"] = draw(st.sampled_from([live, {"teal": 100}, {}]))
    mirror = draw(st.sampled_from([None, {}, {"audit": 10}, {"old-1": 50}]))
    if mirror is not None:
        endpoint.body["properties"]["mirrorTraffic"] = mirror
    return endpoint


@st.composite
def splits(draw: st.DrawFn) -> Traffic:
    """Any split over the deployments there are, with a shadow or none."""
    weights = draw(st.dictionaries(st.sampled_from(NAMES), st.floats(0, 9), min_size=1))
    live = Traffic.from_weights({**weights, "Blue": 1.0})
    idle = [name for name in NAMES if live.rounded(1).get(name, 0) == 0]
    if not idle or draw(st.booleans()):
        return live
    name, share = draw(st.sampled_from(idle)), draw(st.floats(0.1, 50))
    return Traffic(live.shares, {name: share})


@some
@given(endpoints(), splits(), st.sampled_from([{}, {RELEASE_NOTE: "r-7k2f"}]))
def test_a_body_of_ours_is_always_taken_and_changes_nothing_else(
    endpoint: Endpoint, to: Traffic, notes: dict[str, str]
) -> None:
    seen = read_endpoint("churn", endpoint.body, [d.body for d in endpoint.deployments.values()])

    sent = next_body(endpoint.body, wanted(seen, to, notes))

    check_endpoint(sent, endpoint, unready="accept")
    before, after = read.to_send_back(endpoint.body), sent
    assert {key: after.get(key) for key in OWN} == {key: before.get(key) for key in OWN}
    assert {key: after["properties"].get(key) for key in PROPERTIES} == {
        key: before["properties"].get(key) for key in PROPERTIES
    }
    assert sum(sent["properties"]["traffic"].values()) == 100
    theirs = {k: v for k, v in read.tags(endpoint.body).items() if not k.startswith("canary-")}
    assert theirs.items() <= sent["tags"].items()


@some
@given(endpoints(), splits())
def test_what_we_sent_reads_back_as_what_was_asked_for(endpoint: Endpoint, to: Traffic) -> None:
    bodies = [deployment.body for deployment in endpoint.deployments.values()]
    ask = wanted(read_endpoint("churn", endpoint.body, bodies), to, {})
    sent = next_body(endpoint.body, ask)

    written = {**sent, "name": "churn"}
    written["properties"] = {**sent["properties"], "provisioningState": "Succeeded"}
    seen = read_endpoint("churn", written, bodies)

    assert seen.traffic.shares == {name: float(share) for name, share in ask.live.items()}
    assert seen.traffic.shadow == {name: float(share) for name, share in ask.shadow.items()}
    assert seen.settled
