"""Asks a candidate before it gets live traffic, and tells whether it answered well."""

from collections.abc import Callable, Iterator, Sequence

from canarycli.errors import NotFound, Rejected
from canarycli.late_methods import dataclass
from canarycli.plan import Smoke
from canarycli.provider import Reply, Smoker

SHOWN = 120
"""So much of an answer is shown."""

Hide = Callable[[str], str]
"""Takes secrets out of a text of others."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How one smoke test went; `sentence` is for people."""

    name: str
    ok: bool
    sentence: str
    seconds: float = 0.0


def try_out(
    smoker: Smoker, endpoint: str, version: str, smokes: Sequence[Smoke], hide: Hide
) -> tuple[Tried, ...]:
    """Send the requests one after the other, and stop at the first bad answer.

    What is told of an answer goes through `hide`: it ends in events, records and reports.

    Raises:
        ProviderError: the cloud gave no answer, or may not be asked.
    """
    return tuple(_until_bad(smoker, endpoint, version, smokes, hide))


def weigh(smoke: Smoke, reply: Reply, hide: Hide) -> Tried:
    """Whether an answer is what was expected. Pure."""
    said = reply.body.decode(errors="replace")
    if reply.status != smoke.status:
        why = f"answered {reply.status}, not {smoke.status}: {_shown(hide(said))}"
        return Tried(smoke.name, ok=False, sentence=f"{smoke.name}: {why}", seconds=reply.seconds)
    if smoke.contains not in said:
        why = f"{smoke.contains!r} is not in its answer {_shown(hide(said))}"
        return Tried(smoke.name, ok=False, sentence=f"{smoke.name}: {why}", seconds=reply.seconds)
    took = f"{smoke.name}: {reply.status} after {reply.seconds * 1000:.0f} ms"
    return Tried(smoke.name, ok=True, sentence=took, seconds=reply.seconds)


def _until_bad(
    smoker: Smoker, endpoint: str, version: str, smokes: Sequence[Smoke], hide: Hide
) -> Iterator[Tried]:
    for smoke in smokes:
        try:
            reply = smoker.smoke(endpoint, version, smoke.body, smoke.content_type)
        except (Rejected, NotFound) as error:
            tried = Tried(smoke.name, ok=False, sentence=f"{smoke.name}: {error.message}")
        else:
            tried = weigh(smoke, reply, hide)
        yield tried
        if not tried.ok:
            return


def _shown(text: str) -> str:
    short = " ".join(text.split())
    return repr(short if len(short) <= SHOWN else short[: SHOWN - 1] + "…")
