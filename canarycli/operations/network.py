"""Looks at the way out of this machine: a proxy in between, and certificates of one's own."""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from canarycli.provider import Probe
from canarycli.proxies import way_past

PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
EXCEPTIONS = ("NO_PROXY", "no_proxy")
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
"""Where the clouds' clients read which authorities to believe."""

PORTS = {"http": 80, "https": 443}
SECONDS = 2.0
"""A proxy that does not take a connection within so long is in the way."""


def network(env: Mapping[str, str]) -> Iterator[Probe]:
    """What stands between here and a cloud, where the environment speaks of it."""
    named = next((name for name in PROXIES if env.get(name)), None)
    if named is not None:
        yield _proxy(named, env)
    places = dict.fromkeys(env[name] for name in AUTHORITIES if env.get(name))
    for place in places:
        named_by = [name for name in AUTHORITIES if env.get(name) == place]
        yield _authorities(", ".join(named_by), Path(place))


def _proxy(named: str, env: Mapping[str, str]) -> Probe:
    """Whether the proxy answers; who signs in at it is not shown."""
    excepted = next((env[name] for name in EXCEPTIONS if env.get(name)), "")
    hints = (f"unset {named}, or name the cloud's hosts in NO_PROXY",)
    try:
        parts = urlsplit(env[named] if "://" in env[named] else f"http://{env[named]}")
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80)
    except ValueError:
        return Probe("proxy", ok=False, detail=f"{named} is no address", hints=hints)
    if parts.scheme.startswith("socks"):
        detail = f"{named} is a SOCKS proxy, which the clouds' clients can't use"
        return Probe("proxy", ok=False, detail=detail, hints=(way_past(parts.scheme), *hints))
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError as error:
        why = error.strerror or "no answer"
        detail = f"{named}: nothing takes connections at {host}:{port} ({why})"
        return Probe("proxy", ok=False, detail=detail, hints=hints)
    beside = f", but not for {excepted}" if excepted else ""
    detail = f"{host}:{port}, from {named}{beside}"
    return Probe("proxy", ok=True, detail=detail, hints=tuple(_in_vain(excepted)))


def _in_vain(excepted: str) -> Iterator[str]:
    """What of NO_PROXY excepts nothing: the clients go by the ends of names."""
    for one in filter(None, map(str.strip, excepted.split(","))):
        if one != "*" and ("*" in one or "://" in one):
            plain = urlsplit(one).hostname if "://" in one else one.replace("*", "")
            yield f"NO_PROXY: {one!r} excepts nothing; write {plain!r}"


def _authorities(name: str, path: Path) -> Probe:
    if path.exists():
        return Probe("certificates", ok=True, detail=f"those in {path}, from {name}")
    hint = f"set {name} to the certificate of whoever opens TLS on the way, or unset it"
    return Probe("certificates", ok=False, detail=f"{name}: there is no {path}", hints=(hint,))
