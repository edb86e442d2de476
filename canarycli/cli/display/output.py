"""What a command says: data to stdout, talk to stderr, every event to a file if asked."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TextIO, cast

from canarycli import __version__
from canarycli.cli.completion.recent import note_shown
from canarycli.cli.display.ansi import ASCII, colored, plain_only
from canarycli.cli.display.groups import Groups, shows_colour
from canarycli.cli.display.lines import event_line
from canarycli.cli.display.log_filter import News
from canarycli.cli.options.common import Color, Common, Format, Talk
from canarycli.errors import UsageError
from canarycli.harmless import harmless, harmless_json
from canarycli.journal import Event
from canarycli.plain import plain
from canarycli.private_file import open_private

EVENTS = "canary.events/1"


class Output:
    """Where events and results of one command go.

    Neither a reader that goes away (`canary start | head`) nor a full disk ever stops a release:
    what can't be written any more is dropped, and said once.

    Args:
        common: what was asked for.
        anyhow: go on without `--events` too where the file can't be written from the start.

    Raises:
        UsageError: `--query` is no JMESPath or goes with another output, or `--events` can't be
            written; before anything else has happened.
    """

    def __init__(self, common: Common, *, anyhow: bool = False) -> None:
        self.format = common.output
        self.talk_level = common.talk
        self._ascii, self._color = common.ascii, common.color
        self._search = _query(common)
        self._streaming = False
        self._news = News()
        self._held: list[str] | None = None
        self._groups = Groups(os.environ)
        self._file = self._opened(common, anyhow=anyhow)  # may say that it can't be

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            with suppress(OSError, ValueError):
                self._file.close()
        self._mark_if(self._groups.close(datetime.now(UTC)))

    @property
    def for_people(self) -> bool:
        """Whether stdout carries words for people rather than JSON."""
        return self.format not in {Format.JSON, Format.NDJSON}

    def event(self, event: Event, release: str | None = None) -> None:
        """Tell that something happened: a line for people, or one of the ndjson stream."""
        self._note(ndjson(event, release))
        if self.format is Format.NDJSON:
            if not self._streaming:
                self._streaming = True
                self._json(version_line())
            self._json(ndjson(event, release))
        elif self._wanted(event) and self._held is None:
            self._line(event)

    def hold_back(self) -> None:
        """Keep still while a live screen shows what happens: talk waits, lines are not needed."""
        self._held = []

    def speak_again(self) -> None:
        """Go on after a live screen, first with what was to be said meanwhile."""
        held, self._held = self._held or [], None
        for text in held:
            self.say(text)

    def sign_of_life(self, event: Event) -> None:
        """Show people where things stand, if nothing was shown for long; no stream, no file."""
        if (
            self._held is None
            and self.for_people
            and self._news.is_quiet(event.at)
            and self.talk_level is not Talk.QUIET
        ):
            known = "; ".join(filter(None, (event.message, self._news.numbers)))
            self._line(replace(event, message=known))

    def result(
        self, document: Mapping[str, Any], lines: Iterable[str] = (), *, painted: bool = False
    ) -> None:
        """Give the command's answer: the document as JSON, or the lines for people.

        After a stream of events ndjson needs no answer: the last event holds it. The releases
        in it are what completion offers next.
        """
        note_shown(document, os.environ)
        if self.format is Format.JSON or (self.format is Format.NDJSON and not self._streaming):
            self.document(document)
        elif self.format is Format.NDJSON:
            return
        else:
            for line in lines:
                self._write(sys.stdout, line, painted=painted and self._colours(sys.stdout))

    def document(self, document: Mapping[str, Any]) -> None:
        """Give an answer that is JSON whatever the output is."""
        answer = document if self._search is None else self._search(plain(document))
        indent = None if self.format is Format.NDJSON else 2
        text = json.dumps(plain(answer), ensure_ascii=False, indent=indent)
        self._json(text)

    def text(self, text: str) -> None:
        """Give an answer that is a text of its own and no JSON, such as a report."""
        self._write(sys.stdout, text.removesuffix("\n"))

    def mark(self, text: str) -> None:
        """Give the CI system a command of canary's own: beside people's lines, never among JSON."""
        write(sys.stdout if self.for_people else sys.stderr, text + "\n")

    def _mark_if(self, text: str) -> None:
        if text:
            self.mark(text)

    def say(self, text: str, *, level: Talk = Talk.INFO) -> None:
        """Talk to the person, on stderr; nothing there under `--quiet`."""
        order = list(Talk)
        if order.index(level) > order.index(self.talk_level):
            return
        if self._held is not None:
            self._held.append(text)
        else:
            self._write(sys.stderr, text)

    def _opened(self, common: Common, *, anyhow: bool) -> TextIO | None:
        try:
            return _events_file(common)
        except UsageError as error:
            if not anyhow:
                raise
            self.say(f"warning: {error.message}; going on without it")
            return None

    def _note(self, line: str) -> None:
        """Add a line to the file of events; one that takes no more is let go."""
        if self._file is None:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            self._file = None
            self.say(f"warning: --events can't be written: {_why(error)}; going on without it")

    def _wanted(self, event: Event) -> bool:
        news = self._news.worth_a_line(event)
        if self.talk_level is Talk.QUIET:
            return event.level == "error" or event.type == "ended"
        return news or self.talk_level in {Talk.VERBOSE, Talk.DEBUG}

    def _json(self, text: str) -> None:
        """Write JSON as it is: no word of it is changed, however it has to be spelt."""
        narrow = self._ascii or plain_only(sys.stdout)
        write(sys.stdout, harmless_json(text, narrow=narrow) + "\n")

    def _line(self, event: Event) -> None:
        """One line of what happens, in the groups and colours of the CI system at hand."""
        stream = sys.stdout if self.for_people else sys.stderr
        self._mark_if(self._groups.before(event))
        bright = self._colours(stream, log=True)
        self._write(stream, event_line(event, color=bright), painted=bright)

    def _colours(self, stream: TextIO, *, log: bool = False) -> bool:
        """Whether to colour; lines of a log are coloured where a CI system shows it, too."""
        shown = log and self._color is Color.AUTO and shows_colour(os.environ)
        plain_wish = os.environ.get("NO_COLOR")
        return colored(stream, os.environ, self._color) or (shown and not plain_wish)

    def _write(self, stream: TextIO, text: str, *, painted: bool = False) -> None:
        """Write through the door; a colour code stays only where canary itself painted."""
        text = harmless(text, colours=painted)
        if self._ascii or plain_only(stream):
            text = text.translate(ASCII)
        write(stream, text + "\n")


def write(stream: TextIO, text: str) -> None:
    """Write and flush; what the stream does not take is dropped, and said once on stderr.

    A reader that went away is no news. Bytes that are no text stay the escapes they came as.
    """
    encoding = stream.encoding or "ascii"
    errors = "replace" if plain_only(stream) else "backslashreplace"
    try:
        stream.write(text.encode(encoding, errors).decode(encoding))
        stream.flush()
    except BrokenPipeError:
        hush(stream)
    except (OSError, ValueError) as error:
        hush(stream)
        _lose(stream, error)


def _lose(stream: TextIO, error: Exception) -> None:
    if stream is sys.stderr or stream in _LOST:
        return
    _LOST.append(stream)
    write(sys.stderr, f"warning: stdout can't be written: {_why(error)}; going on without it\n")


_LOST: list[TextIO] = []


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def write_line(line: str) -> None:
    """Write a line of JSON for another program to stdout, spelt so that nothing obeys it.

    It is UTF-8 whatever the terminal speaks; half a surrogate stays the escape it came as.
    """
    sys.stdout.buffer.write(harmless_json(line).encode() + b"\n")
    sys.stdout.buffer.flush()


def kibibytes(text: str) -> str:
    """How large a text is as a file."""
    return f"{len(text.encode()) / 1024:,.0f} KiB"


def hush(stream: TextIO) -> None:
    """Send the rest to nowhere, so that the interpreter's last flush is quiet too."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def version_line() -> str:
    """The first line of every ndjson stream."""
    return json.dumps({"type": "version", "schema": EVENTS, "canary": __version__})


def ndjson(event: Event, release: str | None) -> str:
    """One event as one line of JSON."""
    head: dict[str, Any] = {
        "type": event.type,
        "time": event.at,
        "level": event.level,
        "message": event.message,
        "release": release,
    }
    extra = {name: value for name, value in event.fields.items() if name not in head}
    return harmless_json(json.dumps(plain({**head, **extra}), ensure_ascii=False))


def _query(common: Common) -> Callable[[Any], Any] | None:
    if common.query is None:
        return None
    if common.output is not Format.JSON:
        raise UsageError("--query filters JSON, and this is not JSON", hint="add -o json")
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(common.query)
    except JMESPathError as error:
        reason = str(error).partition("\n")[0].rstrip(".:")
        raise UsageError(
            f"--query {common.query!r} is no JMESPath: {reason}",
            hint="it is written as for aws and az, such as --query candidate.share",
        ) from error
    return cast("Callable[[Any], Any]", compiled.search)


def _events_file(common: Common) -> TextIO | None:
    if common.events is None:
        return None
    try:
        file = open_private(common.events, add=True)
        if file.tell() == 0:
            file.write(version_line() + "\n")
            file.flush()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--events {str(common.events)!r} can't be written: {_why(error)}"
        ) from error
    return file
