"""Every way to be somebody, and every way it can fail. Real flows, real signatures."""

import json
import logging
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from servers.vertex import Server

from canarycli.errors import Denied, Unavailable
from canarycli_vertex import Vertex

from .conftest import provider


def accounts(server: Server) -> list[str]:
    return [call["account"] for call in server.calls if "account" in call]


def credentials(monkeypatch: pytest.MonkeyPatch, path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))


def test_a_key_file_makes_a_signed_grant(vertex: Vertex, server: Server) -> None:
    vertex.describe("1000")
    vertex.describe("1000")

    assert [call["call"] for call in server.calls] == ["token", "getEndpoint", "getEndpoint"]
    assert set(accounts(server)) == {"canary@acme-ml.iam.gserviceaccount.com"}


def test_a_key_of_somebody_else_is_denied(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = {**server.identity.new_key(server.url), "private_key_id": "unknown"}
    credentials(monkeypatch, tmp_path / "other.json", key)

    with pytest.raises(Denied, match="gives no token") as caught:
        provider(server).describe("1000")

    assert "Invalid JWT Signature" in caught.value.message


def test_a_token_that_was_revoked_is_renewed_once(vertex: Vertex, server: Server) -> None:
    vertex.describe("1000")
    server.control("POST", "revoke")
    server.calls.clear()

    vertex.describe("1000")

    assert [call["call"] for call in server.calls] == ["getEndpoint", "token", "getEndpoint"]


def test_an_account_that_is_refused_twice_is_denied(vertex: Vertex, server: Server) -> None:
    server.control("POST", "faults", call="getEndpoint", kind="unauthorized", times=9)

    with pytest.raises(Denied, match="invalid credentials") as caught:
        vertex.describe("1000")

    assert [call["call"] for call in server.calls].count("getEndpoint") == 2
    assert "gcloud auth application-default login" in caught.value.hints


def test_credentials_that_were_repaired_are_picked_up(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "later.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    vertex = provider(server)
    with pytest.raises(Denied, match="no usable Google credentials"):
        vertex.describe("1000")

    path.write_text(json.dumps(server.identity.new_key(server.url)))

    assert vertex.describe("1000").versions


def test_a_key_that_is_replaced_while_running_is_picked_up(
    vertex: Vertex, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = server.identity.new_key(server.url)
    server.identity._keys.pop(old["private_key_id"])
    credentials(monkeypatch, tmp_path / "rotated.json", old)
    with pytest.raises(Denied):
        vertex.describe("1000")

    credentials(monkeypatch, tmp_path / "rotated.json", server.identity.new_key(server.url))

    assert vertex.describe("1000").versions


def test_a_short_token_is_renewed_before_it_ends(vertex: Vertex, server: Server) -> None:
    server.control("POST", "settings", token_lifetime=30)

    vertex.describe("1000")
    vertex.describe("1000")

    assert [call["call"] for call in server.calls].count("token") == 2


@pytest.mark.parametrize("kind", ["error503", "throttle", "drop_before", "html"])
def test_a_token_endpoint_in_trouble_is_asked_once(
    vertex: Vertex, server: Server, kind: str
) -> None:
    server.control("POST", "faults", call="token", kind=kind, times=9)

    with pytest.raises(Unavailable):
        vertex.describe("1000")

    assert [call["call"] for call in server.calls] == ["token"]


def test_garbage_for_a_token_is_an_error_of_ours(vertex: Vertex, server: Server) -> None:
    server.control("POST", "faults", call="token", kind="garbage")

    with pytest.raises((Unavailable, Denied)):
        vertex.describe("1000")

    assert vertex.describe("1000").versions


def test_another_account_is_acted_as(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", f"{server.url}/")
    robot = "robot@acme-ml.iam.gserviceaccount.com"

    provider(server, impersonate=robot).describe("1000")

    assert accounts(server) == ["canary@acme-ml.iam.gserviceaccount.com", robot]
    assert [call["call"] for call in server.calls] == ["token", "impersonate", "getEndpoint"]


def test_workload_identity_federation_asks_nobody_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = tmp_path / "subject"
    subject.write_text("a token of the CI system")
    pool = "projects/1/locations/global/workloadIdentityPools/ci/providers/github"
    credentials(
        monkeypatch,
        tmp_path / "federated.json",
        {
            "type": "external_account",
            "audience": f"//iam.googleapis.com/{pool}",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{server.url}/token",
            "credential_source": {"file": str(subject)},
        },
    )

    provider(server).describe("1000")

    assert accounts(server) == ["federated"]
    assert [call["call"] for call in server.calls] == ["token", "getEndpoint"]


def test_the_account_attached_to_a_machine_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = server.url.removeprefix("http://")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"):
        monkeypatch.setenv(name, host)

    provider(server).describe("1000")

    assert accounts(server) == ["attached-canary@acme-ml.iam.gserviceaccount.com"]


def test_the_project_that_pays_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "acme-billing")

    provider(server).describe("1000")

    assert server.calls[-1]["quota_project"] == "acme-billing"


def test_an_entry_in_netrc_does_not_replace_the_token(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    assert vertex.describe("1000").versions


def test_no_thread_is_started_and_nothing_is_logged(
    vertex: Vertex, caplog: pytest.LogCaptureFixture
) -> None:
    before = threading.enumerate()
    with caplog.at_level(logging.INFO), warnings.catch_warnings():
        warnings.simplefilter("error")
        vertex.describe("1000")

    started = {thread.name for thread in set(threading.enumerate()) - set(before)}
    assert all("process_request_thread" in name for name in started), started
    assert caplog.records == []
