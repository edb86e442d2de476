"""A headless Chromium that tests ask questions of, over its own protocol on a pair of pipes."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
"""The program, "" where there is none."""

ASK_AGAIN = """\
new Promise((done, fail) => {{
  const ask = () => {{
    try {{ if ({0}) return done(true); }} catch (error) {{ }}
    setTimeout(ask, 50);
  }};
  ask();
}})"""


@dataclass
class Tab:
    """One page."""

    ask: BinaryIO
    hear: BinaryIO
    session: str = ""
    numbers: Iterator[int] = field(default_factory=count)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        self.ask.write(json.dumps(command).encode() + b"\0")
        self.ask.flush()
        while True:
            said = json.loads(self._message())
            if said.get("id") == number:
                assert "error" not in said, said["error"]
                result: dict[str, Any] = said["result"]
                return result

    def open(self, url: str) -> None:
        """Go there, and wait until the page has loaded."""
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        while json.loads(self._message()).get("method") != "Page.loadEventFired":
            pass

    def _message(self) -> bytes:
        message = bytearray()
        while (byte := self.hear.read(1)) != b"\0":
            assert byte, "the browser has gone"
            message += byte
        return bytes(message)

    def value(self, expression: str) -> Any:
        """What an expression is on the page; a promise is waited for."""
        found = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true on the page; the test's own time limit ends it."""
        self.value(ASK_AGAIN.format(expression))


@contextmanager
def a_tab(profile: Path, url: str) -> Iterator[Tab]:
    """A page of a browser of its own, as long as it lasts."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    command = (
        f'exec "$0" --headless --no-sandbox --disable-gpu --remote-debugging-pipe '
        f'"--user-data-dir=$1" 3<&{theirs_in} 4>&{theirs_out}'
    )
    browser = subprocess.Popen(
        ["bash", "-c", command, CHROMIUM, str(profile)],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_out, "wb") as ask, os.fdopen(ours_in, "rb") as hear:
        try:
            tab = Tab(ask, hear)
            target = tab.call("Target.createTarget", url="about:blank")["targetId"]
            attached = tab.call("Target.attachToTarget", targetId=target, flatten=True)
            tab.session = attached["sessionId"]
            tab.open(url)
            yield tab
        finally:
            browser.kill()
            browser.wait()
