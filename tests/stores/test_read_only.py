"""Records of another user that can only be read: looking works, and so does going back."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.blackbox import CANARY, PATIENCE, Canary, Result, simulated

AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def run(canary: Canary, *command: str) -> Result:
    """Run a command as a user who owns nothing here."""
    done = subprocess.run(
        [*AS_NOBODY, *command],
        cwd=canary.folder,
        env={**canary.env, "HOME": str(canary.folder.parent / "nobody")},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def released() -> Iterator[Canary]:
    """A release at 5 % that nobody drives; its records can be read by all, its endpoint moved."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can be somebody else")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        canary = simulated(folder)
        canary.env["CANARY_STATE"] = str(folder / "records")
        started = canary.run("start", "-m", "v42", "--detach", "--yes")
        assert started.code == 0, started.err
        (folder / "nobody").mkdir()
        for path in (folder, *folder.rglob("*")):
            readable = 0o755 if path.is_dir() else 0o644
            path.chmod(readable if "records" in path.parts else 0o777)
        if run(canary, CANARY, "--version").code != 0:
            pytest.skip("nobody else may run what is installed here")
        yield canary


@pytest.mark.slow
def test_who_may_only_read_the_records_sees_them_and_goes_back_without(released: Canary) -> None:
    status = run(released, CANARY, "status", "-o", "json")
    assert (status.code, status.json["traffic"]["v42"]) == (0, 5), status.err
    history = run(released, CANARY, "history", "-o", "json")
    assert (history.code, len(history.json["releases"])) == (0, 1), history.err
    report = run(released, CANARY, "report", "demo", "--format", "json")
    assert (report.code, '"v42"' in report.out) == (0, True), report.err

    back = run(released, CANARY, "rollback", "-y")

    assert back.code == 0, back.out + back.err
    assert "rolling back without a record" in back.err
    after = released.run("status", "demo", "-o", "json").json
    assert {name: share for name, share in after["traffic"].items() if share} == {"v41": 100}
