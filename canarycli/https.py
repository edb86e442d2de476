"""A kept connection of the standard library's: for the few calls of a way back.

It loads in a fifth of the time that requests takes. What it is not sure to do as requests would
it refuses before anything is sent, and the caller goes on with requests: other proxies than one
that opens a tunnel, hosts excepted from one, and whatever goes wrong while connecting.
"""

import base64
import http.client
import os
import select
import ssl
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, unquote, urlsplit
from weakref import finalize

from canarycli.late_methods import dataclass

AGENCIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Whom to trust, where not the authorities of certifi: the variables of requests."""


class Unsuited(Exception):
    """Nothing was sent, and requests may do it or say better why not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of whatever status.

    Attributes:
        headers: by name, whatever its case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """A connection to one host, opened at the first question, and anew where it was closed.

    Args:
        url: the host's, as far as its name and port.
        connect: seconds to wait for a connection.
    """

    def __init__(self, url: str, *, connect: float) -> None:
        self._there = urlsplit(url)
        self._connect = connect
        self._open: http.client.HTTPConnection | None = None
        self._hang_up: Callable[[], object] = lambda: None

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        read: float,
    ) -> Answer:
        """One request, sent once.

        Args:
            method: GET, PUT and so on.
            target: path and query.
            headers: all but the host and the body's length.
            body: None for none.
            read: seconds to wait for each part of the answer.

        Raises:
            Unsuited: before anything was sent.
            OSError: no answer came, or part of one; the request may have been carried out.
            http.client.HTTPException: the same.
        """
        line = self._connected()
        assert line.sock is not None
        line.sock.settimeout(read)
        try:
            line.request(method, target, body, {"Accept-Encoding": "gzip", **headers})
            answer = line.getresponse()
            said = cast("Mapping[str, str]", answer.headers)  # it has the methods of one
            found = Answer(answer.status, said, _unpacked(answer.read(), said))
        except BaseException:
            self.close()
            raise
        self._note(method, target, found)
        if answer.will_close:
            self.close()
        return found

    def close(self) -> None:
        """Hang up; the next question opens the line again."""
        self._hang_up()
        self._open = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._open is not None and _is_dead(self._open):
            self.close()
        if self._open is None:
            line = _line(self._there, os.environ, self._connect)
            try:
                line.connect()
            except (OSError, http.client.HTTPException) as error:
                line.close()
                raise Unsuited(str(error)) from error
            self._open = line
            self._hang_up = finalize(self, line.close)
        return self._open

    def _note(self, method: str, target: str, found: Answer) -> None:
        """A line for `--debug`, as urllib3 writes it; without one, nothing is loaded for it."""
        if (logging := sys.modules.get("logging")) is not None:
            host, port = self._there.hostname, _port(self._there)
            logging.getLogger("urllib3.connectionpool").debug(
                '%s://%s:%s "%s %s %s" %s %s',
                *(
                    self._there.scheme,
                    host,
                    port,
                    method,
                    target,
                    "HTTP/1.1",
                    found.status,
                    len(found.body),
                ),
            )


def _line(
    there: SplitResult, environment: Mapping[str, str], seconds: float
) -> http.client.HTTPConnection:
    proxy = _proxy(there.scheme, environment)
    if there.scheme not in {"http", "https"} or there.hostname is None:
        raise Unsuited("no host")
    if there.scheme == "http":
        if proxy is not None:
            raise Unsuited("a proxy without a tunnel")
        return http.client.HTTPConnection(there.hostname, _port(there), timeout=seconds)
    if proxy is None:
        return _secure(there.hostname, _port(there), seconds)
    line = _secure(proxy.hostname or "", proxy.port or 80, seconds)
    line.set_tunnel(there.hostname, _port(there), _signed_in(proxy))
    return line


def _secure(host: str, port: int, seconds: float) -> http.client.HTTPSConnection:
    context = _context(_trusted())
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)


def _port(there: SplitResult) -> int:
    return there.port or (443 if there.scheme == "https" else 80)


def _unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    if headers.get("Content-Encoding", "").lower() != "gzip":
        return body
    import gzip
    import zlib

    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise http.client.HTTPException(f"the answer can't be unpacked: {error}") from error


def _is_dead(line: http.client.HTTPConnection) -> bool:
    """Whether the other side has hung up: between answers there is nothing to read but that."""
    if line.sock is None:
        return True
    waiting = select.poll()
    waiting.register(line.sock, select.POLLIN)
    return bool(waiting.poll(0))


def _proxy(scheme: str, environment: Mapping[str, str]) -> SplitResult | None:
    """The proxy for a scheme, None for none.

    Raises:
        Unsuited: there is a word about proxies that takes more to understand.
    """
    if sys.platform in {"darwin", "win32"}:
        raise Unsuited("the system may have proxies of its own")
    said = _said(f"{scheme}_proxy", environment)
    if _said("all_proxy", environment) or (said and _said("no_proxy", environment)):
        raise Unsuited("more is said of proxies than one for all")
    if not said:
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise Unsuited("the proxy opens no plain tunnel")
    return proxy


def _said(name: str, environment: Mapping[str, str]) -> str:
    """A variable of proxies, which may be in capitals; in small letters it comes first."""
    if name in environment:
        return environment[name]
    return next((v for k, v in environment.items() if k.lower() == name and v), "")


def _signed_in(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    who = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(who.encode('latin1')).decode()}"}


def _trusted() -> str:
    """The file or folder of the authorities that may vouch for a host.

    Raises:
        Unsuited: there is none to be seen.
    """
    for name in AGENCIES:
        if os.environ.get(name):
            return os.environ[name]
    found = find_spec("certifi")
    file = Path(found.origin).with_name("cacert.pem") if found and found.origin else None
    if file is None or not file.is_file():
        raise Unsuited("no authorities")
    return str(file)


@cache
def _context(trusted: str) -> ssl.SSLContext:
    """Read once: there are a hundred and fifty authorities."""
    try:
        if Path(trusted).is_dir():
            return ssl.create_default_context(capath=trusted)
        return ssl.create_default_context(cafile=trusted)
    except OSError as error:
        raise Unsuited(str(error)) from error
