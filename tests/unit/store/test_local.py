"""The file on this machine: its syncs, its locks, its rights, its damage, its age."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from unit.store.files import KEY, Heard, old_store

from canarycli.errors import StoreError
from canarycli.journal import Event
from canarycli.store import LocalStore, Patience, Record
from canarycli.testing.stores import NOW, a_release


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "state")


# One connection, one sync a save.

WORK = """
import sys
from dataclasses import replace
from pathlib import Path
from canarycli.store import LocalStore, Record
from canarycli.testing.stores import a_release
store = LocalStore(Path(sys.argv[1]))
record = store.load(a_release().key) or store.save(Record(a_release()))
for n in range(int(sys.argv[2])):
    store.load(a_release().key)
    record = store.save(replace(record, release=a_release(served=float(n))))
"""


def calls(folder: Path, saves: int, trace: Path) -> list[str]:
    """The syncs, opens and removals of the file that a process with so many saves needed."""
    names = "trace=fsync,fdatasync,openat,unlink"
    args = [sys.executable, "-c", WORK, str(folder), str(saves)]
    subprocess.run(["strace", "-f", "-e", names, "-o", str(trace), *args], check=True)
    return [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts the syncs")
def test_a_save_costs_one_sync_and_the_end_of_a_process_none(tmp_path: Path) -> None:
    calls(tmp_path / "state", 1, tmp_path / "first")

    seen = calls(tmp_path / "state", 5, tmp_path / "trace")

    # And one of the folder, with the first save of a process.
    assert sum(line.startswith(("fsync(", "fdatasync(")) for line in seen) == 5 + 1
    assert [line for line in seen if line.startswith("unlink(") and "canary.db" in line] == []
    opened = [line for line in seen if 'canary.db"' in line and line.startswith("openat(")]
    assert len(opened) == 2  # the connection and its guard


def test_many_threads_share_a_store(store: LocalStore) -> None:
    def saves(name: str) -> None:
        record = store.save(Record(a_release(f"r-{name}", name)))
        for n in range(20):
            record = store.save(replace(record, release=replace(record.release, served=float(n))))

    threads = [threading.Thread(target=saves, args=(f"e{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [record.version for record in store.newest()] == [21] * 8


def test_who_reads_does_not_wait_for_who_writes(store: LocalStore) -> None:
    saved = store.save(Record(a_release()))
    with ThreadPoolExecutor(1) as other, store._database.write():
        read = other.submit(store.load, saved.release.key).result(timeout=60)
    assert read == saved


def test_a_file_that_is_taken_away_is_not_written_to_any_more(store: LocalStore) -> None:
    store.save(Record(a_release()))
    shutil.rmtree(store.path.parent)

    assert store.load(KEY) is None
    saved = store.save(Record(a_release()))

    assert LocalStore(store.path.parent).load(KEY) == saved


# Locks of others.


@pytest.fixture
def locked(store: LocalStore) -> Iterator[LocalStore]:
    """Another process is writing, and does not come to an end."""
    store.save(Record(a_release()))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield store


def test_a_lock_of_another_process_is_waited_for_briefly_and_aloud(locked: LocalStore) -> None:
    heard = Heard()
    store = LocalStore(locked.path.parent, heard.patience(0.3))
    record = store.load(KEY)  # a write keeps nobody from reading
    assert record is not None

    with pytest.raises(StoreError, match="another process holds the release records"):
        store.save(record)

    assert heard == [
        f"waiting for the release records in {str(store.path)!r}: another process holds it"
    ]


def test_a_wait_in_vain_is_not_repeated(locked: LocalStore) -> None:
    heard = Heard()
    store = LocalStore(locked.path.parent, heard.patience(0.3))
    for _ in range(5):
        with pytest.raises(StoreError):
            store.save(Record(a_release("r-2", "churn")))

    assert len(heard) == 1


def test_a_lock_that_is_let_go_in_time_is_no_error(store: LocalStore) -> None:
    saved = store.save(Record(a_release()))
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    heard = threading.Event()

    def let_go() -> None:
        heard.wait(20)
        other.close()

    free = threading.Thread(target=let_go)
    free.start()
    waiting = LocalStore(store.path.parent, Patience(0.6, lambda _: heard.set()))

    again = waiting.save(saved)
    free.join()

    assert again.version == saved.version + 1


# Rights and links.


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_records_are_private_to_the_user(store: LocalStore) -> None:
    store.save(Record(a_release()))

    assert mode(store.path.parent) == 0o700
    assert {mode(path) for path in store.path.parent.iterdir()} == {0o600}


@pytest.mark.usefixtures("usual_umask")
def test_old_records_are_put_right_once(store: LocalStore) -> None:
    old_store(store.path, [a_release()])
    store.path.parent.chmod(0o755)
    store.path.chmod(0o644)

    store.load(KEY)
    assert (mode(store.path.parent), mode(store.path)) == (0o700, 0o600)

    # Who opens them on purpose afterwards is left alone.
    store.path.parent.chmod(0o750)
    again = LocalStore(store.path.parent)
    again.load(KEY)
    assert mode(store.path.parent) == 0o750


def test_a_folder_that_others_use_too_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)

    LocalStore(tmp_path).save(Record(a_release()))

    assert mode(tmp_path) == 0o1777
    assert mode(tmp_path / "canary.db") == 0o600


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing"])
def test_a_link_is_not_followed(tmp_path: Path, *, there: bool) -> None:
    aim = tmp_path / "aim"
    if there:
        aim.write_bytes(b"")
    (tmp_path / "canary.db").symlink_to(aim)
    store = LocalStore(tmp_path)

    with pytest.raises(StoreError, match="is a link"):
        store.save(Record(a_release()))
    with pytest.raises(StoreError, match="is a link"):
        store.load(KEY)

    assert not there or aim.read_bytes() == b""
    assert aim.exists() is there


READ = """
import os, sys
import urllib.parse  # pathlib loads it late, when that user may not read this Python any more
from pathlib import Path
from canarycli.store import LocalStore, Record
from canarycli.errors import StoreError
from canarycli.testing.stores import a_release
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
store = LocalStore(Path(sys.argv[1]))
print(store.load(a_release().key).version, len(store.history()), len(store.events("r-1")))
try:
    store.save(Record(a_release("r-9", "churn")))
except StoreError as error:
    print(error.message)
"""


@pytest.mark.parametrize("state", ["at rest", "in use", "of an older canary"])
def test_another_user_reads_what_may_only_be_read(state: str) -> None:
    # Below the system's own folder, for pytest's belongs to the user who runs it.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    try:
        store = LocalStore(folder)
        if state == "of an older canary":
            old_store(store.path, [a_release()])
        else:
            store.save(Record(a_release()), [Event("started", NOW, "it began")])
        if state == "at rest":
            with closing(sqlite3.connect(store.path)) as db:
                store.close()
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)

        args = [sys.executable, "-c", READ, str(folder)]
        ran = subprocess.run(args, capture_output=True, text=True, check=False, cwd="/")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)

    first, _, second = ran.stdout.partition("\n")
    assert (first, ran.stderr) == ("1 1 1", "")
    assert second.startswith("can't use the release records in")
