"""Approvals that more than a name shows: signed comments, and a CI's protected environments."""

import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from canarycli.errors import UsageError
from canarycli.operations.ci_environment import Job, this_job
from canarycli.operations.signed import Comment

SSH = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen is here")
SAYS = "approve r-7k2f at 50%\nlooks well,\nfraud team agrees\n"


def key(folder: Path, name: str) -> tuple[Path, str]:
    """A new key of somebody, and their line of an allowed_signers file."""
    file = folder / name
    new = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)]
    subprocess.run(new, check=True)
    return file, f"{name}@acme.com {file.with_suffix('.pub').read_text().strip()}"


def signed(key_file: Path, text: str = SAYS, purpose: str = "canary") -> Path:
    """A comment with its signature beside it."""
    comment = key_file.parent / "yes.txt"
    comment.write_text(text)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", purpose, "-f", str(key_file), str(comment)]
    subprocess.run(sign, check=True, capture_output=True)
    return comment


@SSH
def test_a_signed_comment_says_who_what_and_why(tmp_path: Path) -> None:
    dana, hers = key(tmp_path, "dana")
    _, eves = key(tmp_path, "eve")

    comment = Comment.at(signed(dana))

    assert (comment.line, comment.reason) == (
        "approve r-7k2f at 50%",
        "looks well, fraud team agrees",
    )
    assert comment.signer([eves, hers]) == "dana@acme.com"


@SSH
def test_what_was_changed_or_signed_by_others_or_for_something_else_counts_for_nothing(
    tmp_path: Path,
) -> None:
    dana, hers = key(tmp_path, "dana")
    _, eves = key(tmp_path, "eve")

    with pytest.raises(UsageError, match="none of the stage's signers"):
        Comment.at(signed(dana)).signer([eves])
    mine = signed(dana)
    mine.write_text(SAYS.replace("50%", "95%"))
    with pytest.raises(UsageError, match="changed since"):
        Comment.at(mine).signer([hers])
    (tmp_path / "yes.txt.sig").unlink()
    with pytest.raises(UsageError, match="none of the stage's signers"):
        Comment.at(signed(dana, purpose="git")).signer([hers])


def test_a_comment_without_a_signature_says_how_to_sign_it(tmp_path: Path) -> None:
    comment = tmp_path / "yes.txt"
    comment.write_text(SAYS)

    with pytest.raises(UsageError, match=r"yes\.txt\.sig can't be read") as caught:
        Comment.at(comment)

    assert "ssh-keygen -Y sign -n canary" in str(caught.value.hints)


GITLAB = {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "dana"}
AZURE = {"TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Dana Doe"}


@pytest.mark.parametrize(
    ("env", "job"),
    [
        ({**GITLAB, "CI_ENVIRONMENT_NAME": "production"}, Job("production", "dana")),
        ({**AZURE, "ENVIRONMENT_NAME": "production"}, Job("production", "Dana Doe")),
    ],
    ids=["gitlab", "azure"],
)
def test_the_ci_says_which_environment_a_job_has(env: dict[str, str], job: Job) -> None:
    assert this_job(env) == job


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "no CI whose jobs have environments"),
        ({"JENKINS_URL": "http://j"}, "no CI whose jobs have environments"),
        (GITLAB, "this job has no environment"),
        ({"GITHUB_ACTIONS": "true"}, "may not ask for"),
        (
            {
                "GITHUB_ACTIONS": "true",
                "ACTIONS_ID_TOKEN_REQUEST_URL": "http://elsewhere/?x=1",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            },
            "no https",
        ),
    ],
    ids=["a laptop", "jenkins", "no environment", "no right", "an address in the clear"],
)
def test_what_is_no_job_in_an_environment_says_why(env: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        this_job(env)


@contextmanager
def github(claims: dict[str, Any]) -> Iterator[tuple[dict[str, str], list[tuple[str, str]]]]:
    """A runner's address for ID tokens: the job's environment, and what it was asked."""
    asked: list[tuple[str, str]] = []
    middle = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    class Tokens(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            body = json.dumps({"value": f"e30.{middle}.c2ln"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/token?api-version=2"
        yield (
            {
                "GITHUB_ACTIONS": "true",
                "ACTIONS_ID_TOKEN_REQUEST_URL": url,
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner",
            },
            asked,
        )
        server.shutdown()


def test_github_names_the_environment_in_the_job_s_token() -> None:
    with github({"environment": "production", "actor": "dana"}) as (env, asked):
        job = this_job(env)

    assert job == Job("production", "dana")
    assert asked == [("/token?api-version=2&audience=canary", "Bearer runner")]


def test_a_job_of_github_without_an_environment_says_so() -> None:
    with (
        github({"actor": "dana"}) as (env, _),
        pytest.raises(UsageError, match="has no environment"),
    ):
        this_job(env)
