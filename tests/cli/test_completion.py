"""Completion: the scripts in completions/ are the program's, and shells take words from them."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cli.shell import Desk
from unit.stories import NOON, a_release_of

from canarycli.cli.completion.kept import recall, remember
from canarycli.cli.completion.recent import MOST, note_shown
from canarycli.cli.completion.shells import SHELLS
from canarycli.cli.table import COMMANDS
from canarycli.plan import Plan, Stage
from canarycli.release.record import Outcome, State
from canarycli.store import Record
from canarycli.store.local import LocalStore

ROOT = Path(__file__).parents[2]


@cache
def generated() -> Mapping[str, str]:
    """What docs/generate.py would write."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Mapping[str, str] = module.generated()
    return made


def test_generated_files_are_up_to_date() -> None:
    made = generated()

    old = [name for name in made if (ROOT / name).read_text(encoding="utf-8") != made[name]]

    assert not old, "run: python docs/generate.py"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_same_bytes(here: Desk, shell: str) -> None:
    file, _ = SHELLS[shell]

    assert here.canary("completion", shell).out == generated()[f"completions/{file}"]


CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.mark.parametrize("shell", CHECKS)
def test_the_shell_itself_can_read_it(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    file, _ = SHELLS[shell]

    ran = subprocess.run(
        [*CHECKS[shell], ROOT / "completions" / file], capture_output=True, timeout=30, check=False
    )

    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.fixture
def desk(here: Desk) -> Desk:
    """A home whose PATH has `canary`, and whose cache knows two releases and an endpoint."""
    folder = here.home / "bin"
    folder.mkdir()
    script = folder / "canary"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m canarycli "$@"\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    env = {**here.env, "PATH": f"{folder}{os.pathsep}{here.env['PATH']}"}
    store = LocalStore(Path(env["CANARY_STATE"]))
    gone = a_release_of(PLAN, state=State.ENDED, outcome=Outcome.ROLLED_BACK, ended_at=NOON)
    for release in (replace(gone, id="r-7j9a", endpoint="ranker"), a_release_of(PLAN)):
        store.save(Record(release))
    store.close()
    (here.home / "canary.yaml").write_text(CONFIG, encoding="utf-8")
    (here.home / "plan.yaml").touch()
    return Desk(here.home, env)


PLAN = Plan(name="careful", stages=(Stage(5, timedelta(minutes=15)),), checks=())
CONFIG = """\
endpoints:
  fraud-scorer: {provider: sagemaker, plan: careful}
  "ranker": {provider: vertex}
plans:
  careful:
    stages: [{percent: 5}]
    checks:
      - {metric: errors_5xx, never_above: 1%}
      - metric: {name: approval rate, cloudwatch: {namespace: A, name: B}}
        never_below: 2%
      - {metric: latency_p99, name: slow, no_worse_by: 20%}
  quick: {stages: [{percent: 5}]}
"""
TYPED: dict[str, tuple[str, set[str]]] = {
    "nothing yet": ("canary ", {*COMMANDS, "--help", "--version"}),
    "half a command": ("canary comp", {"completion"}),
    "half an option": ("canary lint --form", {"--format"}),
    "a short option": ("canary lint --format g", {"github"}),
    "its words": ("canary lint --format ", {"text", "json", "github"}),
    "words after a common option": ("canary schema -o nd", {"ndjson"}),
    "an argument's words": ("canary completion ", {"bash", "zsh", "fish", "powershell"}),
    "a file": ("canary lint pl", {"plan.yaml"}),
    "a topic": ("canary help exit", {"exit-codes"}),
}
LIVE: dict[str, tuple[str, set[str]]] = {
    "a release": ("canary status r-", {"r-7k2f", "r-7j9a"}),
    "an open release": ("canary rollback r-", {"r-7k2f"}),
    "an open release or an endpoint": ("canary rollback ", {"r-7k2f", "fraud-scorer", "ranker"}),
    "an endpoint to start on": ("canary start fr", {"fraud-scorer"}),
    "an endpoint": ("canary status --endpoint fr", {"fraud-scorer"}),
    "a plan": ("canary plan --plan ", {"careful", "quick"}),
    "a check": ("canary start --skip s", {"slow"}),
    "an outcome": ("canary watch --ok-on rolled", {"rolled-back"}),
    "another outcome": ("canary watch --ok-on paused,time", {"paused,timeout"}),
    "how it ended": ("canary history --outcome sto", {"stopped"}),
}


def bash(desk: Desk, line: str) -> set[str]:
    """What bash offers at the end of the line."""
    script = (
        f"source {ROOT}/completions/canary.bash\n"
        "COMP_LINE=$1 COMP_POINT=${#1}\n"
        'read -r -a COMP_WORDS <<<"$1"\n'
        '[[ $1 == *" " ]] && COMP_WORDS+=("")\n'
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        "_canary\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    ran = subprocess.run(
        ["bash", "-c", script, "bash", line],
        cwd=desk.home,
        env=dict(desk.env),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ran.stderr == ""
    return set(ran.stdout.split())


def fish(desk: Desk, line: str) -> set[str]:
    """What fish offers at the end of the line."""
    script = f"source {ROOT}/completions/canary.fish; complete --do-complete $argv[1]"
    ran = subprocess.run(
        ["fish", "--no-config", "-c", script, line],
        cwd=desk.home,
        env=dict(desk.env),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ran.stderr == ""
    return {offer.split("\t")[0] for offer in ran.stdout.splitlines()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(("line", "words"), TYPED.values(), ids=TYPED.keys())
def test_bash_offers(desk: Desk, line: str, words: set[str]) -> None:
    assert bash(desk, line) == words


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
@pytest.mark.parametrize(("line", "words"), TYPED.values(), ids=TYPED.keys())
def test_fish_offers(desk: Desk, line: str, words: set[str]) -> None:
    # fish offers options only once a dash is typed
    assert fish(desk, line) == {word for word in words if "-" in line or word[0] != "-"}


@pytest.mark.skipif("status" not in COMMANDS, reason="status does not exist yet")
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(("line", "words"), LIVE.values(), ids=LIVE.keys())
def test_bash_offers_live_words(desk: Desk, line: str, words: set[str]) -> None:
    assert bash(desk, line) == words


@pytest.mark.skipif("status" not in COMMANDS, reason="status does not exist yet")
@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
@pytest.mark.parametrize(("line", "words"), LIVE.values(), ids=LIVE.keys())
def test_fish_offers_live_words(desk: Desk, line: str, words: set[str]) -> None:
    assert fish(desk, line) == words


def test_bash_takes_a_value_after_an_equals_sign(desk: Desk) -> None:
    script = (
        f"source {ROOT}/completions/canary.bash\n"
        "COMP_WORDS=(canary lint --format = g) COMP_CWORD=4\n"
        '_canary; echo "${COMPREPLY[@]}"\n'
        "COMP_WORDS=(canary lint --format =) COMP_CWORD=3\n"
        '_canary; echo "${COMPREPLY[@]}"\n'
    )
    ran = subprocess.run(
        ["bash", "-c", script], env=dict(desk.env), capture_output=True, text=True, check=True
    )

    assert ran.stdout == "github\ntext json github\n"


def test_live_words_come_with_their_description(desk: Desk) -> None:
    ran = desk.canary("__complete", "releases", "r")

    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            "r-7k2f\tfraud-scorer v41 → v42 open",
            "r-7j9a\tranker v41 → v42 rolled back",
            "ranker\tvertex",
        ],
    )


def test_a_check_with_spaces_is_one_word(desk: Desk) -> None:
    assert desk.canary("__complete", "checks", "").out.splitlines() == [
        "errors_5xx",
        "approval rate",
        "slow",
    ]


def test_a_changed_file_has_other_words_at_once(desk: Desk) -> None:
    assert "quick" in desk.canary("__complete", "plans", "").out
    file = desk.home / "canary.yaml"
    file.write_text(CONFIG.replace("quick:", "brisker:"), encoding="utf-8")

    assert desk.canary("__complete", "plans", "").out == "careful\nbrisker\n"
    file.unlink()
    assert desk.canary("__complete", "plans", "").out == ""


def test_records_far_away_are_known_by_what_was_shown(desk: Desk) -> None:
    words = [("r-far", "fraud-scorer v41 → v42 running")]
    state = {"CANARY_STATE": "s3://bucket/canary", "XDG_STATE_HOME": str(desk.home / "mine")}
    far = Desk(desk.home, {**desk.env, **state})
    remember("releases", words, far.env)

    assert "r-far\t" in far.canary("__complete", "open", "r-").out
    assert "r-far" not in desk.canary("__complete", "open", "r-").out


@pytest.mark.parametrize("args", [[], ["planets", ""], ["releases", "zzz"]], ids=" ".join)
def test_a_keypress_never_fails(here: Desk, args: list[str]) -> None:
    ran = here.canary("__complete", *args)

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_broken_cache_is_no_words(desk: Desk) -> None:
    for name in ("canary.db", "canary.db-wal", "words-file.tsv"):
        (Path(desk.env["CANARY_STATE"]) / name).write_bytes(b"\xff\xfe\x00" * 999)

    assert desk.canary("__complete", "releases", "r-").out == ""


def test_words_keep_to_one_line_each(here: Desk) -> None:
    remember("releases", [("r-1", "two\nlines\tand a tab")], here.env)

    assert recall("releases", here.env) == [("r-1", "two lines and a tab")]


def status(release: str, endpoint: str, state: str = "running") -> dict[str, object]:
    """As much of a status as completion looks at."""
    return {
        "schema": "canary.status/1",
        "release": release,
        "endpoint": endpoint,
        "provider": "sagemaker",
        "state": state,
        "baseline": {"name": "v41", "share": 75.0},
        "candidate": {"name": "v42", "share": 25.0},
    }


def test_what_was_shown_is_offered_next_the_newest_first(here: Desk) -> None:
    note_shown(status("r-1", "churn"), here.env)
    note_shown(status("r-2", "ranker"), here.env)
    note_shown(status("r-1", "churn", "rolling_back"), here.env)

    assert recall("releases", here.env) == [
        ("r-1", "churn v41 → v42 rolling back"),
        ("r-2", "ranker v41 → v42 running"),
    ]
    assert recall("endpoints", here.env) == [("churn", "sagemaker"), ("ranker", "sagemaker")]


def test_a_list_of_releases_is_remembered_in_its_order(here: Desk) -> None:
    shown = [status("r-1", "churn"), status("r-2", "ranker")]
    note_shown({"schema": "canary.statuses/1", "releases": shown}, here.env)

    assert [word for word, _ in recall("releases", here.env)] == ["r-1", "r-2"]


def test_only_the_newest_words_are_kept(here: Desk) -> None:
    for n in range(MOST + 5):
        note_shown(status(f"r-{n}", "churn"), here.env)

    kept = [word for word, _ in recall("releases", here.env)]
    assert len(kept) == MOST
    assert kept[0] == f"r-{MOST + 4}"


def test_other_answers_name_no_words(here: Desk) -> None:
    note_shown({"schema": "canary.history/1", "releases": []}, here.env)

    assert not (here.home / "state").exists()


@pytest.mark.skipif("status" not in COMMANDS, reason="status does not exist yet")
def test_a_status_makes_its_endpoint_a_word(here: Desk) -> None:
    config = "version: 1\nendpoints: {churn: {provider: simulator}}\n"
    (here.home / "canary.yaml").write_text(config, encoding="utf-8")

    assert here.canary("status", "churn").code == 0

    (here.home / "canary.yaml").unlink()

    assert here.canary("__complete", "endpoints", "ch").out == "churn\tsimulator\n"


PLACES = {
    "bash": ".local/share/bash-completion/completions/canary",
    "zsh": ".local/share/zsh/site-functions/_canary",
    "fish": ".config/fish/completions/canary.fish",
    "powershell": ".config/powershell/canary.ps1",
}


@pytest.mark.parametrize(("shell", "path"), PLACES.items())
def test_install_writes_it_where_the_shell_looks(here: Desk, shell: str, path: str) -> None:
    ran = here.canary("completion", shell, "--install")

    file, _ = SHELLS[shell]
    assert ran.code == 0
    assert ran.out == ""
    assert f"wrote {here.home / path}\n" in ran.err
    assert (here.home / path).read_text(encoding="utf-8") == generated()[f"completions/{file}"]
