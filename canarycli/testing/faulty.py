"""Puts faults between canary and a provider, at whichever call a test wants them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from canarycli.clock import Clock
from canarycli.errors import Conflict, Denied, ProviderError, Unavailable, Unsupported
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.provider import Deployer, Endpoint, Limits, Notes, Provider, Reply, Smoker
from canarycli.recorder import Answer as Said
from canarycli.recorder import Budget, Recorder, Recording
from canarycli.traffic import Traffic
from canarycli.verbs import offers

Answer = TypeVar("Answer")


class Crash(BaseException):
    """The process died here; nothing of ours may catch it."""


class Fault(StrEnum):
    """What goes wrong at one call."""

    CRASH_BEFORE = "crash before"
    """The process dies before the request leaves."""
    CRASH_AFTER = "crash after"
    """The request is carried out, the process dies before it reads the answer."""
    LOST = "lost"
    """The request is carried out, its answer is lost: `Unavailable`."""
    UNAVAILABLE = "unavailable"
    """The request is not carried out: `Unavailable`."""
    DENIED = "denied"
    """The request is not carried out: `Denied`."""
    CONFLICT = "conflict"
    """The request is not carried out: `Conflict`."""


@dataclass(frozen=True, slots=True)
class Late:
    """A write that seems to fail (`Unavailable`), and lands later.

    Attributes:
        calls: it lands just before the so-manieth call after it.
        seconds: it lands before the first call when so much time has passed; needs a clock.
        blind: carried out on whatever is there then, as by a cloud without conditional writes;
            else with what its sender had seen.
        crash: the sender dies too.
    """

    calls: int | None = None
    seconds: float | None = None
    blind: bool = True
    crash: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached the faults: the how manieth, which verb, on what."""

    number: int
    verb: str
    arguments: tuple[Any, ...]


Script = Mapping[int, Fault | Late] | Callable[[Call], Fault | Late | None]
"""Faults by the number of the call, the first is 1, or by a function of the call."""


class Points:
    """Counts calls and makes them fail as the script says.

    Several things can share one, a provider and a store for instance, so that every I/O of a
    program has a number.

    Args:
        script: which call fails how.
        clock: needed for `Late(seconds=...)`.

    Attributes:
        calls: every call so far, failed ones too.
    """

    def __init__(self, script: Script | None = None, clock: Clock | None = None) -> None:
        self._script: Script = script if script is not None else {}
        self._clock = clock
        self._pending: list[_Pending] = []
        self.calls: list[Call] = []

    def count(self, verb: str | None = None) -> int:
        """How many calls of this verb there were, or of all."""
        return sum(verb in {None, call.verb} for call in self.calls)

    def reach(
        self,
        verb: str,
        do: Callable[[], Answer],
        *arguments: Any,
        later: Callable[[], object] | None = None,
    ) -> Answer:
        """Do something, with the fault that is due at this call.

        Args:
            verb: what tests call it.
            do: the call itself.
            arguments: what the script may look at.
            later: how the call lands late and blind; like `do` if left out.
        """
        call = Call(len(self.calls) + 1, verb, arguments)
        self.calls.append(call)
        self._land_due(call.number)
        script = self._script
        fault = script(call) if callable(script) else script.get(call.number)
        if isinstance(fault, Late):
            self._postpone(fault, call, (later or do) if fault.blind else do)
        elif fault is not None:
            _fail_before(fault, call)
        answer = do()
        if fault is Fault.CRASH_AFTER:
            raise Crash(f"after {call.verb}, call {call.number}")
        if fault is Fault.LOST:
            raise Unavailable(f"the answer to {call.verb} was lost")
        return answer

    def land(self) -> None:
        """Let every late write land now."""
        pending, self._pending = self._pending, []
        for late in pending:
            late.land()

    def _postpone(self, fault: Late, call: Call, do: Callable[[], object]) -> None:
        number = None if fault.calls is None else call.number + fault.calls
        at = None
        if fault.seconds is not None:
            if self._clock is None:
                raise ValueError("Late(seconds=...) needs a clock")
            at = self._clock.now() + timedelta(seconds=fault.seconds)
        self._pending.append(_Pending(do, number, at))
        if fault.crash:
            raise Crash(f"during {call.verb}, call {call.number}")
        raise Unavailable(f"no answer to {call.verb}")

    def _land_due(self, number: int) -> None:
        now = self._clock.now() if self._clock else None
        due = [late for late in self._pending if late.due(number, now)]
        self._pending = [late for late in self._pending if late not in due]
        for late in due:
            late.land()


@dataclass(frozen=True, slots=True)
class _Pending:
    do: Callable[[], object]
    number: int | None
    at: datetime | None

    def due(self, number: int, now: datetime | None) -> bool:
        by_number = self.number is not None and number >= self.number
        return by_number or (self.at is not None and now is not None and now >= self.at)

    def land(self) -> None:
        try:
            self.do()
        except ProviderError:  # refused on arrival, and nobody is there to be told
            return


class Faulty:
    """A provider with faults in front of it.

    It has the verbs of a `Deployer`, too; they work if those of the provider behind it do.

    Args:
        provider: the one that does the work.
        script: which call fails how, or `Points` that something else shares.
        clock: needed for `Late(seconds=...)`.
    """

    def __init__(
        self,
        provider: Provider,
        script: Script | Points | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self.points = script if isinstance(script, Points) else Points(script, clock)

    @property
    def calls(self) -> list[Call]:
        """Every call so far."""
        return self.points.calls

    def count(self, verb: str | None = None) -> int:
        """How many calls of this verb there were, or of all."""
        return self.points.count(verb)

    def land(self) -> None:
        """Let every late write land now."""
        self.points.land()

    @property
    def limits(self) -> Limits:
        """Those of the provider; no call."""
        return self.provider.limits

    @property
    def place(self) -> str:
        """That of the provider; no call."""
        return self.provider.place

    def describe(self, endpoint: str) -> Endpoint:
        """Look, with faults."""
        return self.points.reach("describe", lambda: self.provider.describe(endpoint), endpoint)

    def notes(self, seen: Endpoint) -> Notes:
        """Read the notes, with faults."""
        return self.points.reach("notes", lambda: self.provider.notes(seen), seen)

    def shift(self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool) -> str:
        """Ask for a split, with faults."""

        def blindly() -> None:
            self.provider.shift(self.provider.describe(seen.name), to, notes, raises=raises)

        def do() -> str:
            return self.provider.shift(seen, to, notes, raises=raises)

        return self.points.reach("shift", do, seen, to, notes, later=blindly)

    def measure(
        self,
        endpoint: str,
        versions: Collection[str],
        metrics: Collection[Metric],
        window: Window,
    ) -> Measurements:
        """Measure, with faults."""
        return self.points.reach(
            "measure",
            lambda: self.provider.measure(endpoint, versions, metrics, window),
            endpoint,
            versions,
            metrics,
            window,
        )

    def plain_command(self, endpoint: str, to: Traffic) -> str:
        """That of the provider; no call."""
        return self.provider.plain_command(endpoint, to)

    def deploy(
        self, seen: Endpoint, model: str, like: str, options: Mapping[str, Any], release: str
    ) -> str:
        """Deploy, with faults."""
        deployer = self._deployer()
        return self.points.reach(
            "deploy",
            lambda: deployer.deploy(seen, model, like, options, release),
            seen,
            model,
            like,
            release,
        )

    def retire(self, seen: Endpoint, version: str) -> None:
        """Retire, with faults."""
        deployer = self._deployer()
        self.points.reach("retire", lambda: deployer.retire(seen, version), seen, version)

    def smoke(
        self, endpoint: str, version: str, body: bytes, content_type: str = "application/json"
    ) -> Reply:
        """Ask one version, with faults."""
        if not offers(self.provider, Smoker):
            raise TypeError(f"{type(self.provider).__name__} is no Smoker")
        ask = self.provider.smoke
        return self.points.reach(
            "smoke", lambda: ask(endpoint, version, body, content_type), endpoint, version
        )

    def recording(self, endpoint: str) -> Mapping[str, Recording]:
        """Tell what is kept; nothing goes wrong there."""
        return self._recorder().recording(endpoint)

    def answers(
        self, endpoint: str, versions: Collection[str], window: Window, budget: Budget
    ) -> Iterator[Said]:
        """Give what is kept, with faults."""
        ask = self._recorder().answers
        return self.points.reach(
            "answers", lambda: ask(endpoint, versions, window, budget), endpoint, versions
        )

    def _recorder(self) -> Recorder:
        if not offers(self.provider, Recorder):
            raise Unsupported(f"{type(self.provider).__name__} keeps no answers")
        return self.provider

    def _deployer(self) -> Deployer:
        if not offers(self.provider, Deployer):
            raise TypeError(f"{type(self.provider).__name__} is no Deployer")
        return self.provider


def _fail_before(fault: Fault, call: Call) -> None:
    match fault:
        case Fault.CRASH_BEFORE:
            raise Crash(f"before {call.verb}, call {call.number}")
        case Fault.UNAVAILABLE:
            raise Unavailable(f"no answer to {call.verb}")
        case Fault.DENIED:
            raise Denied(f"no permission to {call.verb}")
        case Fault.CONFLICT:
            raise Conflict(f"the endpoint changed before {call.verb}")
        case _:
            return
