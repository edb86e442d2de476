"""Finds the endpoints whose names look like one that does not exist."""

from difflib import get_close_matches

from canarycli.errors import CanaryError
from canarycli_sagemaker.api import Clients


def near_names(clients: Clients, name: str) -> tuple[str, ...]:
    """At most three names, the nearest first; none where listing endpoints is not allowed."""
    try:
        with clients.asking("list endpoints"):
            answer = clients.sagemaker.list_endpoints(MaxResults=100)
    except CanaryError:
        return ()
    names = [str(found["EndpointName"]) for found in answer.get("Endpoints") or []]
    return tuple(get_close_matches(name, names, n=3))
