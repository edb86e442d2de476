"""A rollback on Vertex AI as one would write it in an afternoon: google-auth, requests, Typer."""

import os
from typing import Annotated

import google.auth
import typer
from google.auth.transport.requests import AuthorizedSession

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def roll_back(
    endpoint: str,
    baseline: str,
    project: Annotated[str, typer.Option()],
    region: Annotated[str, typer.Option()],
) -> None:
    """Send all traffic of ENDPOINT to BASELINE, and read it back."""
    credentials, _ = google.auth.default(scopes=[SCOPE])
    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call] # it has no types
    path = f"projects/{project}/locations/{region}/endpoints/{endpoint}"
    url = f"{os.environ['CANARY_VERTEX_ENDPOINT']}/v1/{path}"
    seen = session.get(url, timeout=10)
    seen.raise_for_status()
    body = {"trafficSplit": {baseline: 100}, "etag": seen.json().get("etag", "")}
    asked = {"updateMask": "trafficSplit"}
    session.patch(url, json=body, params=asked, timeout=10).raise_for_status()
    now = session.get(url, timeout=10).json()["trafficSplit"]
    typer.echo(f"traffic: {now}")


if __name__ == "__main__":
    typer.run(roll_back)
