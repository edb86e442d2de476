"""Says how to get past a proxy that stands in the way, by what a client says of it."""

import re

_WAYS = (
    (
        r"tunnel connection failed: 407",
        "the proxy asks who calls: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
    ),
    (
        r"tunnel connection failed: 4",
        "the proxy lets nobody through to that host: have it allowed there, or name it in NO_PROXY",
    ),
    (r"socks", "canary takes HTTP proxies: name one in HTTPS_PROXY"),
    (r"proxy", "is HTTPS_PROXY right? canary doctor looks at it"),
)


def way_past(said: str) -> str:
    """What to do about a proxy that a failed call speaks of, "" if it speaks of none."""
    return next((way for words, way in _WAYS if re.search(words, said, re.IGNORECASE)), "")
