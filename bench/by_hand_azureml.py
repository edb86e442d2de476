"""A rollback on Azure ML as one would write it in an afternoon: azure-identity and requests."""

import sys

import requests
from azure.identity import EnvironmentCredential

MANAGER = "https://management.azure.com"
READ_ONLY = ("scoringUri", "swaggerUri", "provisioningState")
"""What Azure says of an endpoint and does not take back."""


def main() -> None:
    """Send all traffic of the endpoint at a URL to its baseline, and read it back."""
    url, baseline = sys.argv[1:]
    token = EnvironmentCredential().get_token(f"{MANAGER}/.default").token
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    seen = session.get(url, timeout=10)
    seen.raise_for_status()
    body = seen.json()
    for key in ("systemData", "etag"):
        body.pop(key, None)
    for key in READ_ONLY:
        body["properties"].pop(key, None)
    body["identity"] = {"type": body["identity"]["type"]}
    body["properties"]["traffic"] = {baseline: 100}
    session.put(url, json=body, timeout=10).raise_for_status()
    print(session.get(url, timeout=10).json()["properties"]["traffic"])


if __name__ == "__main__":
    main()
