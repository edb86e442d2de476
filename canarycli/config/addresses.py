"""Where a file may have credentials sent: an address in it is anybody's word."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from canarycli.registry import own_hosts

KEYS = ("endpoint_url", "monitoring_url")
"""The keys of an endpoint whose address receives credentials."""


def foreign(url: str, provider: str) -> str:
    """Why a file may not send a cloud's credentials there, "" if it may.

    It may to the cloud's own domains by https, and to this machine; anywhere, where the provider
    does not say which domains are its own.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host = (parts.hostname or "").rstrip(".").lower()
    if not host:
        return "it names no host" if url else ""
    if _is_loopback(host) or (own := own_hosts(provider)) is None:
        return ""
    if parts.scheme != "https":
        return f"{host!r} would get credentials without encryption"
    if any(host == domain or host.endswith(f".{domain}") for domain in own):
        return ""
    return f"{host!r} is none of the cloud's own hosts, and would get its credentials"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
