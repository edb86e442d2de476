"""How a place for records is shown: without what must not be seen."""

from urllib.parse import urlsplit, urlunsplit


def shown(url: str) -> str:
    """The URL without a password."""
    parts = urlsplit(url)
    if parts.password is None and not parts.query:
        return url
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit((parts.scheme, f"{user}{host}", parts.path, "", ""))
