"""Begins the releases of a fleet as their waves come, whoever drives them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event as Bell
from threading import Thread
from time import monotonic

from canarycli.clock import SystemClock
from canarycli.config import load
from canarycli.config.discover import here
from canarycli.errors import Busy, CanaryError, Unchanged
from canarycli.journal import Event
from canarycli.operations.address import Address
from canarycli.operations.fleets import Fleets
from canarycli.operations.foresight import foresee, foreseen
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.start import Wanted, intend
from canarycli.operations.upload import record_start
from canarycli.operations.workspace import open_store
from canarycli.release.fleet import Course, Fleet, Move, Seat, begun, decide, has_it, unfit
from canarycli.release.record import Release
from canarycli.store import Stale

PACE = 5.0
"""Seconds between two looks at the fleets of the records, beside the releases."""

AT_REST = 60.0
"""How long a fleet on which nothing begins here is not looked at again."""


@dataclass(slots=True)
class Waves:
    """The waves of fleets, from this process; another one may do the same at the same time.

    Attributes:
        env: says where the records are, and who acts.
        config: the config file, None to look for one.
        tell: hears every event with the release it is of.
        say: hears of fleets that can't go on from here.
    """

    env: Mapping[str, str]
    config: Path | None
    tell: Callable[[Release, Event], None]
    say: Callable[[str], None] = lambda _: None
    fleets: Fleets = field(init=False)
    _rest: dict[str, float] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.fleets = Fleets(open_store(self.env, self.config))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Have every fleet go on as long as it lasts."""
        enough = Bell()

        def run() -> None:
            while not enough.is_set():
                self.go_on()
                enough.wait(PACE)

        thread = Thread(target=run, name="fleets", daemon=True)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()

    def go_on(self) -> None:
        """One step of every fleet that is not over, as far as this canary.yaml has its endpoints.

        What goes wrong with one does not stop the others.
        """
        with suppress(CanaryError):  # records that can't be read: at the next step
            for name in self.fleets.names():
                if monotonic() >= self._rest.get(name, 0.0):
                    self._go_on(name)

    def _go_on(self, name: str) -> None:
        try:
            kept = self.fleets.load(name)
            if kept is None or kept.fleet.over or not self._knows(kept.fleet):
                self._rest[name] = monotonic() + AT_REST
                return
            self.step(name)
        except CanaryError as error:
            self._once(f"fleet {name}: {error.message}")
        except Exception as error:  # noqa: BLE001 - one fleet must not stop the others
            self._once(f"fleet {name}: {error!r}")

    def _knows(self, fleet: Fleet) -> bool:
        """Whether its releases can be begun from here."""
        config = load(self.config, cwd=here(), env=self.env)
        unknown = [seat.endpoint for seat in fleet.seats if seat.endpoint not in config.endpoints]
        if unknown:
            self._once(
                f"fleet {fleet.name} does not go on from here: canary.yaml has no endpoint "
                f"{unknown[0]!r}"
            )
        return not unknown

    def _once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def step(self, name: str) -> tuple[Fleet, Mapping[str, Release]]:
        """Look where it stands, keep that, and begin what is due."""
        while True:
            kept = self.fleets.mine(name)
            releases = self.fleets.releases(kept.fleet)
            move = decide(kept.fleet, releases, SystemClock().now())
            try:
                if move.fleet != kept.fleet:
                    kept = self.fleets.save(replace(kept, fleet=move.fleet))
                return self._begin(name, move), releases
            except Stale:
                continue

    def _begin(self, name: str, move: Move) -> Fleet:
        """Begin what is due; where somebody else's release is, again at the next step."""
        fleet = move.fleet
        for seat in move.begin:
            edit = self._try(fleet, seat)
            if edit is None:
                continue
            fleet = self.fleets.change(name, edit)
            if fleet.course is not Course.RUNNING or fleet.failures > fleet.stop_after:
                break
        return fleet

    def _try(self, fleet: Fleet, seat: Seat) -> Callable[[Fleet], Fleet] | None:
        """Begin one release; what the fleet notes of it, None while somebody else has its place."""
        endpoint = seat.endpoint
        try:
            return partial(begun, endpoint=endpoint, release=self._started(fleet, seat))
        except CanaryError as error:
            if (mine := self._mine(fleet, seat)) is not None:
                return partial(begun, endpoint=endpoint, release=mine.id)
            if isinstance(error, Busy):
                return None
            if isinstance(error, Unchanged):
                return partial(has_it, endpoint=endpoint, why=error.message)
            return partial(unfit, endpoint=endpoint, code=int(error.exit), why=error.message)

    def _started(self, fleet: Fleet, seat: Seat) -> str:
        wanted = Wanted(seat.model, None, seat.plan, None, None, None, (), fleet.note)
        address = Address(endpoint=seat.endpoint, config=self.config)
        intent = intend(address, wanted, self.env)
        known = intent.work.record()
        if known is not None and fleet.owns(known.release):
            return known.release.id
        if refuse_busy(intent):
            intent = intend(address, wanted, self.env)
        intent.refuse_blocked()
        intent = foreseen(intent, foresee(intent, insist=True))
        if not fleet.insists:
            intent.refuse_risks()
        record_start(intent, lambda event: self.tell(intent.release, event))
        return intent.release.id

    def _mine(self, fleet: Fleet, seat: Seat) -> Release | None:
        """The release a fleet has on an endpoint though nothing was noted: it was cut off there."""
        config = load(self.config, cwd=here(), env=self.env).endpoints[seat.endpoint]
        found = (record.release for record in self.fleets.store.newest())
        mine = (one for one in found if fleet.owns(one) and one.is_called(config.cloud_name))
        return next(mine, None)
