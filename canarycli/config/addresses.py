"""Where a file may have credentials sent: an address in it is anybody's word."""

from ipaddress import ip_address
from urllib.parse import urlsplit

KEYS = ("endpoint_url", "monitoring_url")
"""The keys of an endpoint whose address receives credentials."""

OWN = {
    "sagemaker": ("amazonaws.com", "amazonaws.com.cn", "api.aws", "c2s.ic.gov", "sc2s.sgov.gov"),
    "vertex": ("googleapis.com",),
    "azureml": ("azure.com", "azure.us", "azure.cn", "usgovcloudapi.net", "chinacloudapi.cn"),
}
"""The domains of each cloud itself."""


def foreign(url: str, provider: str) -> str:
    """Why a file may not send a cloud's credentials there, "" if it may.

    It may to the cloud's own domains by https, and to this machine.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host = (parts.hostname or "").rstrip(".").lower()
    if not host:
        return "it names no host" if url else ""
    if _is_loopback(host) or provider not in OWN:
        return ""
    if parts.scheme != "https":
        return f"{host!r} would get credentials without encryption"
    if any(host == own or host.endswith(f".{own}") for own in OWN[provider]):
        return ""
    return f"{host!r} is none of the cloud's own hosts, and would get its credentials"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
