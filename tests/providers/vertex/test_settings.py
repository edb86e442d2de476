"""Where requests go, and what is refused before any is made."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canarycli.errors import UsageError
from canarycli_vertex.settings import Settings, is_loopback

PLACE = {"project": "acme-ml", "region": "europe-west4"}


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
        ("us", "https://aiplatform.us.rep.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
    ],
)
def test_every_kind_of_region_has_its_host(region: str, host: str) -> None:
    assert Settings.read({**PLACE, "region": region}, {}).api == host


@pytest.mark.parametrize(
    ("given", "env", "api"),
    [
        ({"endpoint_url": "https://a.example/"}, {}, "https://a.example"),
        (
            {},
            {"CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": "https://b.example/"},
            "https://b.example",
        ),
        (
            {"endpoint_url": "https://a.example"},
            {"CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": "https://b.example"},
            "https://a.example",
        ),
        (
            {"endpoint_url": "https://a.example"},
            {"CANARY_VERTEX_ENDPOINT": "http://127.0.0.1:8080"},
            "http://127.0.0.1:8080",
        ),
    ],
    ids=["canary.yaml", "gcloud's", "canary.yaml before gcloud's", "ours before canary.yaml"],
)
def test_the_api_can_be_somewhere_else(
    given: dict[str, str], env: dict[str, str], api: str
) -> None:
    assert Settings.read({**PLACE, **given}, env).api == api


def test_monitoring_can_be_somewhere_else() -> None:
    at = "http://[::1]:9"

    assert Settings.read(PLACE, {"CANARY_MONITORING_ENDPOINT": at}).monitoring == at
    assert Settings.read({**PLACE, "monitoring_url": at}, {}).monitoring == at
    assert Settings.read(PLACE, {}).monitoring == "https://monitoring.googleapis.com"


@pytest.mark.parametrize(
    "url",
    [
        "http://vertex.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0:1",
        "ftp://127.0.0.1",
        "vertex.example",
        "https://user:word@vertex.example",
        "https://vertex.example?x=1",
    ],
)
def test_credentials_go_nowhere_unsafe(url: str) -> None:
    with pytest.raises(UsageError):
        Settings.read({**PLACE, "endpoint_url": url}, {})


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_this_machine_has_many_names(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize("region", ["evil.example/", "Europe", "", "a@b"])
def test_a_region_is_never_another_host(region: str) -> None:
    with pytest.raises(UsageError, match="region"):
        Settings.read({"project": "acme-ml", "region": region}, {})


@pytest.mark.parametrize("name", ["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"])
def test_the_project_comes_from_the_environment(name: str) -> None:
    found = Settings.read({"region": "us"}, {name: "acme-ml"})

    assert found.place == "acme-ml/us"


def test_the_project_comes_from_the_key_file(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"project_id": "of-the-key"}))

    found = Settings.read({"region": "us"}, {"GOOGLE_APPLICATION_CREDENTIALS": str(key)})

    assert found.project == "of-the-key"


@pytest.mark.parametrize("name", ["GOOGLE_CLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"])
def test_the_region_comes_from_the_environment(name: str) -> None:
    assert Settings.read({"project": "p1"}, {name: "us-east1"}).region == "us-east1"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "us"}, "no project"),
        ({"project": "acme-ml"}, "no region"),
        ({}, "no project and no region"),
        ({**PLACE, "project": "a/b"}, "not a project"),
        ({**PLACE, "metric_delay": 5}, "not a length of time"),
        ({**PLACE, "metric_period": timedelta(seconds=10)}, "too short"),
    ],
)
def test_what_is_missing_or_wrong_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Settings.read(given, {})


def test_a_server_for_tests_may_have_shorter_periods() -> None:
    given = {
        **PLACE,
        "monitoring_url": "http://127.0.0.1:9",
        "metric_period": timedelta(seconds=2),
        "metric_delay": timedelta(0),
    }

    found = Settings.read(given, {})

    assert (found.metric_period, found.metric_delay) == (timedelta(seconds=2), timedelta(0))


SOVEREIGN = "apis-s3ns.fr"


def test_a_sovereign_cloud_has_hosts_of_its_own(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"project_id": "acme", "universe_domain": SOVEREIGN}))
    given = {"region": "u-france-east1"}

    by_key = Settings.read(given, {"GOOGLE_APPLICATION_CREDENTIALS": str(key)})
    named = {"GOOGLE_CLOUD_UNIVERSE_DOMAIN": SOVEREIGN, "GOOGLE_CLOUD_PROJECT": "acme"}

    assert by_key.api == f"https://u-france-east1-aiplatform.{SOVEREIGN}"
    assert by_key.monitoring == f"https://monitoring.{SOVEREIGN}"
    assert Settings.read(given, named) == by_key


@pytest.mark.parametrize(
    ("universe", "says"),
    [(SOVEREIGN, "the credentials are for googleapis.com"), ("evil/?x=", "is no domain")],
)
def test_credentials_go_to_no_other_cloud(tmp_path: Path, universe: str, says: str) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"project_id": "acme"}))
    env = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "GOOGLE_CLOUD_UNIVERSE_DOMAIN": universe,
    }

    with pytest.raises(UsageError, match=re.escape(says)):
        Settings.read({"region": "europe-west4"}, env)
