"""What a rollback writes to the disk: its records, synced few times."""

import shutil
from pathlib import Path

import pytest
from cli import on_vertex
from cli.blackbox import CANARY, Canary
from cli.on_vertex import OnVertex
from cli.test_startup_rollback import AWS, START
from servers.sagemaker import Server

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the syncs")

MOST = 3
"""The order, the intent, how it ended."""

FIRST = 3
"""More on a machine that has no records yet: its tables, a late answer, the lease given back."""


def syncs(machine: Canary, *words: str) -> list[str]:
    """Each sync of the records' log by a rollback that ends 0."""
    trace = machine.folder / "trace"
    line = " ".join(["rollback", "-y", *words])
    ran = machine.shell(f'strace -f -y -e trace=fsync,fdatasync -o {trace} "{CANARY}" {line}')
    assert ran.code == 0, ran.out + ran.err
    return [call for call in trace.read_text().splitlines() if "canary.db-wal>" in call]


@pytest.mark.parametrize("words", [(), ("--no-wait",)], ids=["waits", "does not wait"])
def test_a_rollback_on_sagemaker_syncs_its_records_three_times_at_most(
    bare_aws: Server, tmp_path: Path, words: tuple[str, ...]
) -> None:
    bare_aws.control("settings", {"weights_seconds": 0})
    bare_aws.endpoint("fraud", {"v1": 100, "v2": 0})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    started = ann.run(*START, "v2", *AWS)
    assert started.code == 0, started.err

    assert 1 <= len(syncs(ann, *AWS, *words)) <= MOST
    assert 1 <= len(syncs(ann.elsewhere("phone"), *AWS, *words)) <= MOST + FIRST
    assert bare_aws.weights("fraud") == {"v1": 100, "v2": 0}


def test_a_rollback_on_vertex_syncs_its_records_three_times_at_most(vertex: OnVertex) -> None:
    assert vertex.ann.run(*START, "22").code == 0

    assert 1 <= len(syncs(vertex.ann)) <= MOST
    assert 1 <= len(syncs(vertex.ann.elsewhere("phone"), *on_vertex.FLAGS)) <= MOST + FIRST
    assert vertex.split == {"11": 100}
