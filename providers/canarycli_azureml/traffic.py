"""Moving traffic: read, change, write the whole endpoint, and find out what became of it."""

from collections.abc import Iterable
from time import monotonic

from canarycli.errors import Conflict, ProviderError
from canarycli.provider import Endpoint, Notes
from canarycli.traffic import Traffic
from canarycli_azureml import body as read
from canarycli_azureml.api import Session
from canarycli_azureml.body import Body
from canarycli_azureml.errors import Unanswered, Unclear
from canarycli_azureml.settings import Settings
from canarycli_azureml.split import Wanted, gives_more, in_force, next_body, wanted

FRESH_SECONDS = 2.0
"""A look this young is not repeated to go back. Whoever wrote since then has an operation under way
for many times as long, and ours is refused."""

UNCLEAR_TRIES = 3
"""So often in a row a write is refused without a reason before that is taken for an answer."""


class Shifter:
    """Asks for splits, and remembers what it asked for while that is under way."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings = settings
        self._session = session
        self._under_way: dict[str, Wanted] = {}
        self._newest: tuple[Body, float] | None = None
        self._unclear: dict[str, int] = {}

    def read(self, endpoint: str) -> Body:
        """The endpoint as it is now; forgets what was under way once it is over."""
        doing = f"reading endpoint {endpoint!r}"
        body = read.checked(self._session.get(self._settings.endpoint(endpoint), doing), doing)
        if read.is_final(body):
            self._under_way.pop(endpoint.lower(), None)
        self._newest = (body, monotonic())
        return body

    def shift(
        self, seen: Endpoint, to: Traffic, notes: Notes, *, raises: bool | None = None
    ) -> str:
        """Ask for a split and return at once, with Azure's id of the request.

        There is no conditional write, so the endpoint is read again just before: a raise on a
        look that is out of date is refused, a lowering goes through. On the way back a look that
        was taken just now will do.

        Raises:
            Conflict: the look is out of date, or a change is under way.
        """
        ask = wanted(seen, to, notes)
        fresh = seen.raw if self._goes_back_at_once(seen.raw, ask) else self.read(seen.name)
        if not read.is_final(fresh):
            if self._under_way.get(seen.name.lower()) == ask:
                return ""
            raise _changing(seen.name, [f"its state is {read.state(fresh)}"])
        if in_force(fresh, ask) and not ask.goes_back:
            return ""
        if (raises or gives_more(fresh, ask)) and read.changed_since(seen.raw, fresh):
            raise _stale(seen.name, fresh)
        return self._write(seen.name, fresh, ask)

    def _goes_back_at_once(self, body: Body, ask: Wanted) -> bool:
        if self._newest is None or not ask.goes_back or not read.is_final(body):
            return False
        newest, at = self._newest
        fresh = newest is body and monotonic() - at < FRESH_SECONDS
        return fresh and not gives_more(body, ask)

    def _write(self, name: str, fresh: Body, ask: Wanted) -> str:
        doing, path = f"shifting endpoint {name!r}", self._settings.endpoint(name)
        request = ""
        try:
            request = self._session.call("PUT", path, doing, body=next_body(fresh, ask)).request
        except Conflict as error:
            raise _changing(name, error.facts) from error
        except Unclear as error:
            raise self._cleared(name, error) from error
        except Unanswered:
            if not self._landed(name, ask):
                raise
        self._under_way[name.lower()] = ask
        self._unclear.pop(name.lower(), None)
        return request

    def _cleared(self, name: str, error: Unclear) -> ProviderError:
        """What a 409 without a reason means: a change, or after some tries a no.

        A change that was under way may be over by the time the state is read.
        """
        before = self._unclear.get(name.lower(), 0)
        self._unclear[name.lower()] = before + 1
        if not read.is_final(self.read(name)) or before + 1 < UNCLEAR_TRIES:
            return _changing(name, [error.message])
        return error

    def _landed(self, name: str, ask: Wanted) -> bool:
        """Whether a write without a usable answer was carried out all the same, or is being.

        Nothing was under way just before, so a change that is now is taken for ours; whoever
        waits for it looks at what it comes to.
        """
        try:
            after = self.read(name)
        except ProviderError:
            return False
        return not read.is_final(after) or in_force(after, ask)


def _changing(name: str, facts: Iterable[str]) -> Conflict:
    return Conflict(
        f"endpoint {name!r} is being changed and takes no other change until that is done",
        facts=facts,
        hint="a change usually takes about 20 s; it is safe to try again",
    )


def _stale(name: str, fresh: Body) -> Conflict:
    shares = read.shares(fresh, "traffic")
    split = ", ".join(f"{version} {share}%" for version, share in shares.items())
    return Conflict(
        f"endpoint {name!r} has changed since it was looked at",
        facts=[f"it has {split or 'no traffic'}"],
        hint="look again and decide anew",
    )
