"""What a person sees when something goes wrong, and with which code it ends."""

import re
import signal
import subprocess
import sys

import pytest
from cli.shell import Desk

from canarycli.cli.display.error import Failure
from canarycli.cli.display.errors import failure_of
from canarycli.errors import Denied, Exit, PlanError, Stopped, Unavailable
from canarycli.masking import MASK, mask

PROMPT = (
    "from canarycli.cli import main\n"
    "from canarycli.cli.options.common import Common\n"
    "from canarycli.cli.display.prompt import confirm\n"
    "def call(args):\n"
    "    confirm(Common(no_input='--no-input' in args), 'Start at 5%?', yes='--yes' in args)\n"
    "    print('started')\n"
    "    return 0\n"
    "import sys\n"
    "sys.exit(main.run([{args}], call))\n"
)
"""A command that only asks."""

RAISE = (
    "import sys\n"
    "from canarycli.cli import main\n"
    "def call(args):\n"
    "    token = 'Bearer ' + 'abc' * 9\n"
    "    raise {error}\n"
    "sys.exit(main.run(sys.argv[1:], call))\n"
)
"""A command that only fails."""


def test_an_error_says_what_then_facts_then_how_to_go_on() -> None:
    error = Denied(
        "no AWS credentials",
        facts=["looked at: --profile, environment"],
        hint=["aws sso login --profile prod", "or by hand:\naws sagemaker …", "a third"],
    )

    assert failure_of(error).text() == (
        "error: no AWS credentials\n"
        "  looked at: --profile, environment\n"
        "  hint: aws sso login --profile prod\n"
        "  hint: or by hand:\n"
        "        aws sagemaker …\n"
        "  (exit 8)\n"
    )


def test_several_problems_of_a_file_stand_under_each_other() -> None:
    error = PlanError("canary.yaml:3:1", "one\ncanary.yaml:4:1: two\n2 problems in canary.yaml")

    assert failure_of(error).text().splitlines() == [
        "error: canary.yaml:3:1: one",
        "  canary.yaml:4:1: two",
        "  2 problems in canary.yaml",
        "  (exit 2)",
    ]


CODES = {
    "stopped": (Stopped("declined"), Exit.STOPPED),
    "denied": (Denied("no"), Exit.DENIED),
    "unavailable": (Unavailable("throttled"), Exit.CLOUD_FAILED),
}


@pytest.mark.parametrize(("error", "code"), CODES.values(), ids=CODES.keys())
def test_the_error_brings_its_code(error: Exception, code: Exit) -> None:
    assert failure_of(error).exit is code


@pytest.mark.parametrize(("code", "shown"), [(Exit.DENIED, 2), (Exit.UNSAFE, 4)])
def test_every_way_on_is_shown_of_what_is_unsafe(code: Exit, shown: int) -> None:
    text = Failure("no", code, (), ("grant it", "ask for it", "by hand: aws", "status")).text()
    assert text.count("hint: ") == shown


def test_an_error_for_programs_has_everything() -> None:
    failure = Failure("no", Exit.DENIED, ("a fact",), ("a hint",))

    assert failure.document() == {
        "schema": "canary.error/1",
        "error": "no",
        "facts": ["a fact"],
        "hints": ["a hint"],
        "exit_code": 8,
    }


def test_a_fault_of_canary_is_one_line_and_a_file(here: Desk) -> None:
    ran = here.python(RAISE.format(error="RuntimeError(f'odd: {token}')"), "start")

    assert ran.code == 1
    assert ran.err.startswith("error: a fault in canary itself: RuntimeError: odd: ***\n")
    assert "Traceback" not in ran.err
    (file,) = (here.home / "state" / "faults").iterdir()
    text = file.read_text(encoding="utf-8")
    assert str(file) in ran.err
    assert "Traceback" in text
    assert "RuntimeError: odd: ***" in text
    assert "canary 0" in text
    assert "abcabc" not in text + ran.err
    assert file.stat().st_mode & 0o077 == 0


def test_a_fault_without_a_place_for_its_file_is_still_shown(here: Desk) -> None:
    (here.home / "state").write_text("a file, not a folder", encoding="utf-8")

    ran = here.python(RAISE.format(error="RuntimeError('odd')"))

    assert ran.code == 1
    assert "hint: run it again with --debug" in ran.err


@pytest.mark.parametrize("error", ["RuntimeError(f'odd: {token}')", "main.UsageError('odd')"])
def test_debug_shows_the_whole_traceback_without_secrets(here: Desk, error: str) -> None:
    ran = here.python(RAISE.format(error=error), "start", "--debug")

    assert "Traceback (most recent call last)" in ran.err
    assert "abcabc" not in ran.err
    assert ran.err.endswith(f"  (exit {ran.code})\n")


def test_debug_shows_http_lines_without_secrets(here: Desk) -> None:
    code = (
        "import sys\n"
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n"
        "from threading import Thread\n"
        "from canarycli.cli.command import to_command\n"
        "from canarycli.cli.options.common import Local\n"
        "server = HTTPServer(('127.0.0.1', 0), BaseHTTPRequestHandler)\n"
        "BaseHTTPRequestHandler.log_message = lambda *_: None\n"
        "Thread(target=server.handle_request).start()\n"
        "def fetch(common: Local) -> None:\n"
        "    import urllib3\n"
        "    where = f'http://127.0.0.1:{server.server_port}/x?api_token=' + 'hush' * 3\n"
        "    urllib3.PoolManager().request('GET', where)\n"
        "to_command('fetch', fetch).main(sys.argv[1:], standalone_mode=False)\n"
        "server.server_close()\n"
    )

    quiet, loud = here.python(code), here.python(code, "--debug")

    assert quiet.err == ""
    assert re.search(r'debug +http://127.0.0.1:\d+ "GET /x HTTP/1.1" 501', loud.err)
    assert "hush" not in loud.err


def test_debug_shows_no_body_of_a_clouds_library(here: Desk) -> None:
    code = (
        "import sys\n"
        "from botocore.parsers import QueryParser\n"
        "from canarycli.cli.command import to_command\n"
        "from canarycli.cli.options.common import Local\n"
        "body = '<Error><Error><Code>x</Code></Error><SecretAccessKey>' + 'hush' * 5\n"
        "body = (body + '</SecretAccessKey><RequestId>1</RequestId></Error>').encode()\n"
        "def fetch(common: Local) -> None:\n"
        "    head = {'x-amz-security-token': 'hush'}\n"
        "    answer = {'body': body, 'headers': head, 'status_code': 400}\n"
        "    print(QueryParser().parse(answer, None)['Error']['Code'])\n"
        "to_command('fetch', fetch).main(sys.argv[1:], standalone_mode=False)\n"
    )

    loud = here.python(code, "--debug")

    assert (loud.out, "hush" in loud.err) == ("x\n", False), loud.err


STEERING = (
    "bad ##vso[task.setvariable variable=TOKEN]owned\n::error file=a.py::owned \x1b[31m\u202e"
)


def test_no_error_holds_an_order_to_a_runner_or_a_terminal() -> None:
    failure = Failure(STEERING, Exit.DENIED, facts=(STEERING,), hints=(STEERING,))

    texts = [failure.message, *failure.facts, *failure.hints]
    for said in (failure.text(), *texts):
        assert "owned" in said
        assert "##vso[" not in said
        assert not re.search(r"(?m)^\s*::[\w-]+[ :]", said)
        assert not re.search("[\x1b\u202e]", said)


def test_leaving_is_no_error(here: Desk) -> None:
    ran = here.python(RAISE.format(error="KeyboardInterrupt"))

    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_sigterm_ends_with_143(here: Desk) -> None:
    code = (
        "import sys, threading\n"
        "from canarycli.cli import main\n"
        "def call(args):\n"
        "    print('waiting', flush=True)\n"
        "    threading.Event().wait(50)\n"
        "sys.exit(main.run(['start'], call))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=dict(here.env), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=50)

    assert process.returncode == 143


ANSWERS = {
    "Enter": ("\n", 0),
    "yes": ("y\n", 0),
    "no": ("n\n", 6),
    "q": ("q\n", 6),
    "something else, then yes": ("maybe\nyes\n", 0),
    "the end of input": ("\x04", 6),
}


@pytest.mark.parametrize(("typed", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_a_prompt_takes_the_answer(here: Desk, typed: str, code: int) -> None:
    ran = here.at_terminal(PROMPT.format(args=""), typed)

    assert ran.code == code
    assert "Start at 5%? [Y/n]" in ran.err
    assert ran.out == ("started\n" if code == 0 else "")
    assert ("error: declined, nothing was changed" in ran.err) is (code == 6)


NOBODY = {
    "--no-input": ("'--no-input'", {}),
    "in CI": ("", {"CI": "true"}),
}


@pytest.mark.parametrize(("args", "env"), NOBODY.values(), ids=NOBODY.keys())
def test_nobody_is_asked_there(here: Desk, args: str, env: dict[str, str]) -> None:
    ran = here.at_terminal(PROMPT.format(args=args), "y\n", **env)

    assert ran.code == 2
    assert "hint: agree beforehand with --yes" in ran.err
    assert ran.out == ""


def test_nobody_is_asked_without_a_terminal(here: Desk) -> None:
    assert here.python(PROMPT.format(args="")).code == 2


def test_who_agreed_beforehand_is_not_asked(here: Desk) -> None:
    ran = here.python(PROMPT.format(args="'--yes'"))

    assert (ran.code, ran.out, ran.err) == (0, "started\n", "")


KEY_ID = "AKIA" + "Q" * 16
SECRETS = {
    "an AWS key id": (f"using {KEY_ID} here", "using *** here"),
    "a bearer token": ("Authorization: Bearer ab.cd-ef", f"Authorization: {MASK}"),
    "a JSON web token": ("got eyJ" + "a" * 10 + ".bb.cc", f"got {MASK}"),
    "a signed address": ("GET /x?X-Amz-Signature=abcdef&a=1", "GET /x?X-Amz-Signature=***&a=1"),
    "a name and a secret": ("client_secret='s3cr3t!!'", f"client_secret='{MASK}'"),
    "a password in an address": ("https://ann:pass@host/x", f"https://{MASK}@host/x"),
    "an ordinary sentence": ("the key metric is errors_5xx", "the key metric is errors_5xx"),
}


@pytest.mark.parametrize(("text", "expected"), SECRETS.values(), ids=SECRETS.keys())
def test_what_looks_like_a_secret_is_masked(text: str, expected: str) -> None:
    assert mask(text, {}) == expected


def test_what_the_environment_calls_a_secret_is_masked() -> None:
    text = mask("it was hunter2 at host", {"DB_PASSWORD": "hunter2", "HOSTNAME": "host"})

    assert text == f"it was {MASK} at host"


def test_a_private_key_is_masked_whole() -> None:
    lines = ["-----BEGIN PRIVATE " + "KEY-----", "abc", "-----END PRIVATE " + "KEY-----", "after"]

    assert re.fullmatch(r"\*\*\*\nafter", mask("\n".join(lines), {}))


def test_an_option_before_the_command_is_told_where_it_belongs(here: Desk) -> None:
    ran = here.canary("-v", "status")

    assert (ran.code, "options come after the command" in ran.err) == (2, True), ran.err


def test_what_is_like_nothing_is_not_guessed_at(here: Desk) -> None:
    assert "did you mean" not in here.canary("start", "--bogus").err
    assert "did you mean --stages?" in here.canary("start", "--stage", "5").err


def test_a_bug_report_has_the_versions_it_needs(here: Desk) -> None:
    said = here.canary("--version", "--verbose").out.splitlines()

    assert said[0].startswith("canary ")
    assert any(line.startswith("python 3.") for line in said)
    assert any(line.startswith("botocore ") for line in said)
