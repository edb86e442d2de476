"""Signing in: limits like every other call, another try where it may help, words where it can't."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cli.blackbox import CANARY, Canary
from cli.on_azureml import FLAGS, OnAzure

from canarycli.errors import Unavailable
from canarycli_sagemaker import SageMaker

BACK = ("rollback", "-y", *FLAGS)


def split_by_somebody(azure: OnAzure) -> None:
    azure.somebody_sets(blue=90, teal=10)


@pytest.mark.slow
def test_a_token_server_that_says_nothing_is_not_waited_for(azure: OnAzure) -> None:
    split_by_somebody(azure)
    azure.server.fault("token", "hang", times=1)

    back = azure.ann.elsewhere("bare").run(*BACK)

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err
    assert "still waiting for azureml to answer" in back.err
    assert "asking again" in back.err
    assert "by hand: az ml online-endpoint update" in back.err


@pytest.mark.slow
def test_an_sts_that_says_nothing_has_the_limits_of_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's role: its credentials are asked for within the first call of the cloud."""
    token = tmp_path / "token"
    token.write_text("a.b.c")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name, value in {
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/deployer",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
            "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)

        with pytest.raises(Unavailable, match="read timeout"):
            SageMaker({"region": "us-east-1"}).describe("fraud")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["too_many", "throttle", "unavailable", "drop_before"])
def test_a_token_server_that_is_busy_is_asked_again(azure: OnAzure, kind: str) -> None:
    split_by_somebody(azure)
    azure.server.fault("token", kind, times=1)

    back = azure.ann.elsewhere("bare").run(*BACK)

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err


USELESS = {
    "a federated token that is no file": {"AZURE_FEDERATED_TOKEN_FILE": "/no/such/file"},
    "a certificate that is no file": {"AZURE_CLIENT_CERTIFICATE_PATH": "/no/such/file"},
    "a word for no credential": {"AZURE_TOKEN_CREDENTIALS": "nonsense"},
    "an authority without TLS": {"AZURE_AUTHORITY_HOST": "http://127.0.0.1:9"},
}


@pytest.mark.parametrize("variables", USELESS.values(), ids=USELESS.keys())
def test_a_credential_that_can_not_be_used_is_named(
    azure: OnAzure, variables: dict[str, str]
) -> None:
    split_by_somebody(azure)
    bare = azure.ann.elsewhere("bare", **variables)
    if "AZURE_AUTHORITY_HOST" not in variables:
        del bare.env["AZURE_CLIENT_SECRET"]

    refused = bare.run(*BACK)

    assert refused.code == 8, refused.err
    assert next(iter(variables)) in refused.err
    assert "az ml online-endpoint update" in refused.err
    assert "a fault in canary itself" not in refused.err
    assert azure.split["teal"] == 10


def test_the_doctor_goes_on_without_a_credential(azure: OnAzure) -> None:
    bare = azure.ann.elsewhere("bare", AZURE_TOKEN_CREDENTIALS="nonsense")

    told = bare.run("doctor", *FLAGS)

    assert told.code in {1, 8}, told.err
    assert "AZURE_TOKEN_CREDENTIALS" in told.out
    assert "metrics" in told.out
    assert "a fault in canary itself" not in told.err


def test_google_key_that_is_no_key_is_named(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}")
    bare = Canary(tmp_path / "bare", {"GOOGLE_APPLICATION_CREDENTIALS": str(key)})
    where = ("--provider", "vertex", "--project", "acme-ml", "--region", "europe-west4")

    refused = bare.run("rollback", "-y", *where, "-e", "1000")

    assert refused.code == 8, refused.err
    assert "gcloud ai endpoints update" in refused.err
    assert "a fault in canary itself" not in refused.err


PLANTED = ("json.py", "typing.py", "yaml.py", "azure/__init__.py", "code/__init__.py")
"""What Python finds first in the folder it stands in, where it is let."""

AZ = """\
#!/bin/sh
exec {python} -c "
import json, time
later = int(time.time()) + 3600
print(json.dumps({{'accessToken': '{token}', 'expires_on': later, 'expiresOn': '2099-01-01'}}))
"
"""
"""Azure's own program for signing in, which is a Python of its own."""


def plant(folder: Path) -> None:
    """Put code there that tells when it is run."""
    for name in PLANTED:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"open({str(folder / 'pwned')!r}, 'w').close()\n")


def test_azures_program_for_signing_in_runs_no_code_of_the_folder_one_stands_in(
    azure: OnAzure,
) -> None:
    split_by_somebody(azure)
    bare = azure.ann.elsewhere("bare", AZURE_TOKEN_CREDENTIALS="AzureCliCredential")
    token = azure.server.control("token", audience="https://management.azure.com")["token"]
    az = bare.folder / "bin" / "az"
    az.parent.mkdir()
    az.write_text(AZ.format(python=sys.executable, token=token))
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    bare.env["PATH"] = f"{az.parent}:{bare.env['PATH']}"
    plant(bare.folder)

    back = bare.run(*BACK)

    assert (back.code, azure.split) == (0, {"blue": 100}), back.err
    assert not (bare.folder / "pwned").exists()
    assert not azure.server.calls("token")  # it was that program which signed in


@pytest.mark.parametrize("command", [(CANARY,), (sys.executable, "-m", "canarycli")])
def test_canary_itself_runs_no_code_of_the_folder_one_stands_in(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    plant(tmp_path)
    home = {"HOME": str(tmp_path), "PATH": ""}

    ran = subprocess.run(
        [*command, "status"], cwd=tmp_path, env=home, capture_output=True, text=True, check=False
    )

    assert "no release is open here" in ran.stderr
    assert not (tmp_path / "pwned").exists()
