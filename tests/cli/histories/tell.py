"""Tells a history: runs its commands as processes and keeps what each of them said and when."""

import contextlib
import logging
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.blackbox import CANARY, Canary
from cli.histories.clock import WallClock, wall_clock
from cli.histories.draw import (
    BARE,
    MACHINES,
    NEEDS_NO_ENDPOINT,
    ByHand,
    Calm,
    Command,
    Damage,
    History,
    SetClock,
    Spoil,
    Step,
    Versions,
    Way,
)
from cli.histories.place import Place, place
from cli.warm import popen

JOINED = 12.0
"""Seconds for which a command is waited for before the next step comes all the same."""

LEFT_ALONE = 15.0
"""Seconds that whatever still runs at the end has before it is cancelled."""

HANGS = 120.0
"""Seconds after which a command that was cancelled hangs."""

SWEPT = 45.0
"""Seconds after which a sweep has nothing to do any more but to watch."""

WATCHES = "looking until"

GARBAGE = b"\x00\xffnot a database" * 400


@dataclass
class Ran:
    """A command that somebody ran.

    Attributes:
        signalled: what it was sent, by the history or as it did not end by itself.
        code: None while it runs, negative if a signal ended it.
    """

    command: Command
    begun: float
    process: "subprocess.Popen[str]"
    ended: float = float("inf")
    code: int | None = None
    out: str = ""
    err: str = ""
    signalled: list[signal.Signals] = field(default_factory=list)
    watcher: threading.Thread | None = None

    def __str__(self) -> str:
        return f"{self.command}: {self.code}"

    @property
    def verb(self) -> str:
        return self.command.args[0]

    @property
    def text(self) -> str:
        return self.out + self.err

    def send(self, number: signal.Signals) -> None:
        if self.code is None:
            self.signalled.append(number)
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def watch(self) -> None:
        """Keep what it says, until it ends."""
        self.out, self.err = self.process.communicate()
        self.ended, self.code = time.time(), self.process.returncode

    def joined(self, seconds: float) -> bool:
        assert self.watcher is not None
        self.watcher.join(seconds)
        return not self.watcher.is_alive()


@dataclass
class Tale:
    """A history as it went.

    Attributes:
        by_hand: since when, and until when, somebody else set the candidate's share.
        damaged: machines whose records were.
        removed: versions that somebody took away.
        closing: what the sweeps ended with, and the rollback from a bare machine if there was one.
    """

    history: History
    place: Place
    machines: dict[str, Canary]
    ran: list[Ran] = field(default_factory=list)
    by_hand: list[tuple[float, float]] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    closing: list[Ran] = field(default_factory=list)
    hangs: list[Ran] = field(default_factory=list)
    neighbour: Ran | None = None
    clock: WallClock | None = None
    begun: float = 0.0

    def flags(self) -> Sequence[str]:
        return self.place.world.flags

    def run(self, command: Command) -> Ran:
        """Begin it."""
        canary, args = self.machines[command.machine], list(self._args(command))
        begun = time.time()
        ran = Ran(command, begun, _begun(canary, args, command.way))
        ran.watcher = threading.Thread(target=ran.watch)
        ran.watcher.start()
        if command.ends is not None:
            number, after = command.ends
            threading.Timer(after, ran.send, [number]).start()
        return ran

    def _args(self, command: Command) -> Sequence[str]:
        names = self.place.names
        known = {"candidate": names.candidate, "other": names.other, "baseline": names.baseline}
        args = [known.get(arg, arg) for arg in command.args]
        if command.machine == BARE and command.args[0] not in NEEDS_NO_ENDPOINT:
            args += [arg for arg in self.flags() if "--all" not in args]
        if command.way is not Way.PLAIN:
            args += ["-o", "json"]
        return args

    def do(self, step: Step) -> None:
        """One step."""
        world = self.place.world
        match step:
            case Command():
                ran = self.run(step)
                self.ran.append(ran)
                if step.joined:
                    ran.joined(JOINED)
            case Spoil():
                world.trouble(step.call, step.what, step.skip, step.times)
            case ByHand():
                begun = time.time()
                world.somebody_sets(step.share)
                self.by_hand.append((begun, time.time()))
            case Versions():
                self._change_versions(step)
            case Damage():
                self._damage(step)
            case SetClock() if self.clock is not None:
                self.clock.step(step.ahead)
            case Calm():
                world.calm()

    def _change_versions(self, step: Versions) -> None:
        begun, names = time.time(), self.place.names
        if step.adds:
            self.place.add(names.new)
        elif step.removes not in self.removed:
            self.removed.add(step.removes)
            known = {"candidate": names.candidate, "other": names.other}
            self.place.remove(known[step.removes])
            self.by_hand.append((begun, time.time()))

    def _damage(self, step: Damage) -> None:
        self.damaged.add(step.machine)
        for kept in _records(self.machines[step.machine]):
            kept.write_bytes(GARBAGE)

    def end(self) -> None:
        """Wait until all have ended, cancel who goes on, and sweep on each machine as cron does."""
        until = time.time() + LEFT_ALONE
        for ran in self.ran:
            ran.joined(max(0.0, until - time.time()))
        self.place.world.calm()
        for ran in self.ran:
            ran.send(signal.SIGTERM)
        self.hangs += [ran for ran in self.ran if not ran.joined(HANGS)]
        for ran in self.hangs:
            ran.process.kill()
            ran.joined(HANGS)
        for machine in sorted({ran.command.machine for ran in self.ran}):
            for args in (("unlock", "--yes"), ("sweep", "--older-than", "0s")):
                self._close(Command(machine, args))

    def _close(self, command: Command) -> None:
        """Run it to its end, but for the watch after a rollback, which may take minutes."""
        ran = self.run(command)
        self.closing.append(ran)
        if ran.joined(SWEPT):
            return
        ran.send(signal.SIGTERM)
        if not ran.joined(HANGS):
            ran.send(signal.SIGKILL)
            ran.joined(HANGS)
        if WATCHES not in ran.text:
            self.hangs.append(ran)


def _begun(canary: Canary, args: Sequence[str], way: Way) -> "subprocess.Popen[str]":
    if way not in {Way.CLOSED, Way.FULL}:
        process = popen([CANARY, *args], canary.folder, canary.env, subprocess.DEVNULL)
        if way is Way.NO_DISK:
            nothing = (0, resource.RLIM_INFINITY)
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, nothing)
        return process
    line = 'exec "$@" >&-' if way is Way.CLOSED else 'exec "$@" >/dev/full'
    return subprocess.Popen(
        ["bash", "-c", line, "canary", CANARY, *args],
        cwd=canary.folder,
        env=canary.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def _records(canary: Canary) -> list[Path]:
    folder = canary.env.get("CANARY_STATE")
    kept = Path(folder) if folder else Path(canary.env["HOME"]) / ".local" / "state" / "canary"
    return [file for file in kept.rglob("*") if file.is_file()] if kept.is_dir() else []


def _machines(there: Place, folder: Path, shared: Mapping[str, str]) -> dict[str, Canary]:
    ann = there.world.ann
    ann.write(there.config)
    given = {k: v for k, v in ann.env.items() if k not in os.environ or os.environ[k] != v}
    del given["HOME"], given["CANARY_ACTOR"]
    found = {}
    for name in MACHINES:
        home = folder / name
        home.mkdir(exist_ok=True)
        more = {} if name == BARE else shared
        found[name] = Canary(home, {**given, **more, "CANARY_ACTOR": name})
        if name != BARE:
            found[name].write(there.config)
    return found


@contextlib.contextmanager
def _shared(history: History, folder: Path) -> Iterator[Mapping[str, str]]:
    """The variables that have ann and bob keep their records in one place."""
    if not history.bucket:
        yield {"CANARY_STATE": str(folder / "records")} if history.shared else {}
        return
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    from servers.records.s3 import run_s3

    with run_s3() as port:
        url, keys = f"http://127.0.0.1:{port}", {"id": "x", "secret": "y"}
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=keys["id"],
            aws_secret_access_key=keys["secret"],
        )
        client.create_bucket(Bucket="records")
        yield {
            "CANARY_STATE": f"s3://records/{history.seed}",
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
        }


@contextlib.contextmanager
def told(history: History, folder: Path) -> Iterator[Tale]:
    """The history, told to its end; its cloud is there until the context is left."""
    with (
        _shared(history, folder) as shared,
        place(
            history.cloud, folder, slow=history.slow, bad=history.bad, judged=history.judged
        ) as there,
    ):
        tale = Tale(history, there, _machines(there, folder, shared))
        if history.steps_clock and (clock := wall_clock(folder)) is not None:
            tale.clock = clock
            tale.machines["bob"].env |= clock.environment
        tale.begun = time.time()
        if history.neighbour:
            project = tale.machines["ann"].beside("ledger")
            env = tale.machines["ann"].env
            project.env |= {k: env[k] for k in shared}
            project.write(there.neighbours_config())
            tale.machines["ledger"] = project
            model = ("start", "-m", "candidate", "-p", "5", "--bake", "1s", "-y")
            tale.neighbour = tale.run(Command("ledger", model))
            tale.neighbour.joined(HANGS)
        for wait, step in history.steps:
            time.sleep(wait)
            tale.do(step)
        tale.end()
        yield tale
