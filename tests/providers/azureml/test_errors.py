"""What people read when Azure refuses: unwrapped, with action and scope, without signatures."""

import json

import pytest
from servers.azureml.running import PLACE, Server

from canarycli import __version__
from canarycli.errors import (
    Denied,
    NotFound,
    ProviderError,
    Rejected,
    Unavailable,
)
from canarycli.traffic import Traffic
from canarycli_azureml import AzureML
from canarycli_azureml.errors import Unclear, message_of, pause_of, refusal, without_secrets

VALIDATION = {
    "error": {
        "code": "BadRequest",
        "message": "The request is invalid.",
        "details": [
            {
                "code": "InferencingClientCallFailed",
                "message": json.dumps(
                    {
                        "errors": {"": ["Sum of traffic must be 100."], "Name": ["Too long."]},
                        "title": "One or more validation errors occurred.",
                        "status": 400,
                    }
                ),
            }
        ],
    }
}

BODIES = {
    "json within json": (VALIDATION, "Sum of traffic must be 100.; Too long."),
    "a title only": (
        {"error": {"details": [{"message": '{"title": "It is invalid."}'}]}},
        "It is invalid.",
    ),
    "a detail in words": ({"error": {"details": [{"message": "No quota."}]}}, "No quota."),
    "no details": ({"error": {"code": "Conflict", "message": "Busy."}}, "Busy."),
    "details that are null": ({"error": {"message": "Busy.", "details": None}}, "Busy."),
    "azure monitor's": ({"code": "BadRequest", "message": "Bad filter."}, "Bad filter."),
    "no object": ([1, 2], ""),
    "an error in words": ({"error": "invalid_client"}, ""),
}


@pytest.mark.parametrize(("body", "said"), BODIES.values(), ids=BODIES.keys())
def test_the_reason_is_unwrapped(body: object, said: str) -> None:
    assert message_of(json.dumps(body)) == said


def test_a_reason_with_a_signed_url_in_it_loses_the_signature() -> None:
    body = {"error": {"message": "See https://management.azure.com/op?t=1&s=secret for more."}}

    assert message_of(json.dumps(body)) == "See https://management.azure.com/op for more."


def test_a_page_has_no_reason() -> None:
    assert message_of("<html>Bad gateway</html>") == ""


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Denied),
        (403, Denied),
        (404, NotFound),
        (405, Rejected),
        (408, Unavailable),
        (409, Unclear),
        (412, Unclear),
        (413, Rejected),
        (422, Rejected),
        (424, Rejected),
        (425, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (529, Unavailable),
        (302, Unavailable),
    ],
)
@pytest.mark.parametrize("code", ["NotFound", "Conflict", "AuthorizationFailed", "Anything"])
def test_the_status_decides_where_no_words_are_known(
    status: int, kind: type[ProviderError], code: str
) -> None:
    body = json.dumps({"error": {"code": code, "message": "So it is."}})

    error = refusal("reading endpoint 'churn'", status, body, {})

    assert type(error) is kind or (kind is Unavailable and isinstance(error, Unavailable))
    assert "churn" in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "3600"}, 60),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
    ids=["seconds", "milliseconds", "too long", "a date", "nothing"],
)
def test_the_pause_azure_asks_for_is_kept(headers: dict[str, str], seconds: float | None) -> None:
    assert pause_of(headers) == seconds


def test_a_403_shows_action_and_scope(server: Server, azureml: AzureML) -> None:
    server.control("settings", granted=["*/read"])
    seen = azureml.describe("churn")

    with pytest.raises(Denied) as refused:
        azureml.shift(seen, Traffic.split("blue", "teal", 5), {})

    error = refused.value
    action = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"
    assert action in error.message
    assert error.facts[0] == f"action  {action}"
    assert error.facts[1].startswith("scope   /subscriptions/")
    assert error.facts[1].endswith("/onlineEndpoints/churn")
    assert any("print-policy" in hint for hint in error.hints)


def test_a_refused_body_is_told_in_azures_words(server: Server, azureml: AzureML) -> None:
    server.control("settings", unready_traffic="reject")
    server.control("state", endpoint="churn", deployment="teal", state="Failed")

    with pytest.raises(Rejected, match="Deployment teal is not in Succeeded state"):
        azureml.shift(azureml.describe("churn"), Traffic.split("blue", "teal", 5), {})


def test_a_token_that_is_no_longer_accepted_is_denied_and_the_next_call_gets_a_new_one(
    server: Server, newcomer: AzureML
) -> None:
    newcomer.describe("churn")
    server.control("expire")

    with pytest.raises(Denied, match="does not accept the token"):
        newcomer.describe("churn")

    assert newcomer.describe("churn").settled


def test_a_workspace_that_is_not_there_is_named(server: Server) -> None:
    provider = AzureML({**PLACE, "workspace": "typo-ws"})
    assert server.url

    with pytest.raises(NotFound, match="typo-ws") as missing:
        provider.describe("churn")

    provider.close()
    assert any("typo-ws" in fact for fact in missing.value.facts)


def test_a_list_that_goes_on_at_another_host_is_not_followed_with_our_token(
    server: Server, azureml: AzureML
) -> None:
    server.control("settings", page_size=1, next_host="management.usgovcloudapi.net")

    with pytest.raises(Unavailable, match="at another host"):
        azureml.describe("churn")

    assert {call["host"] for call in server.calls("deployment.list")} == {"management.azure.com"}


def test_a_signed_url_loses_its_query() -> None:
    said = "polling https://management.azure.com/mfeOperationsStatus/x?api-version=1&s=abc failed"

    assert without_secrets(said) == (
        "polling https://management.azure.com/mfeOperationsStatus/x failed"
    )


def test_signed_operation_urls_are_in_no_log(
    server: Server, newcomer: AzureML, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    newcomer.shift(newcomer.describe("churn"), Traffic.split("blue", "teal", 5), {})

    assert server.calls("endpoint.put")
    assert "signature" not in caplog.text


def test_the_audit_log_shows_that_it_was_canary(server: Server, newcomer: AzureML) -> None:
    newcomer.describe("churn")

    agents = {call["agent"] for call in server.calls("endpoint.get")}
    assert all(agent.startswith(f"canarycli/{__version__}") for agent in agents)
