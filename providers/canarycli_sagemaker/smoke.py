"""Sends one request to one variant, whatever its weight."""

import time
from dataclasses import dataclass

from canarycli.errors import Rejected
from canarycli_sagemaker.clients import Clients
from canarycli_sagemaker.errors import translated


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered, and how long the answer took."""

    version: str
    body: bytes
    content_type: str
    seconds: float


def invoke(
    clients: Clients,
    endpoint: str,
    version: str,
    body: bytes,
    content_type: str = "application/json",
) -> Reply:
    """One InvokeEndpoint with TargetVariant; it counts in the variant's metrics as any request.

    Raises:
        Rejected: the model answered with an error, or another variant answered.
    """
    doing = f"ask version {version!r} of endpoint {endpoint!r}"
    start = time.monotonic()
    with translated(doing, clients.settings):
        answer = clients.runtime.invoke_endpoint(
            EndpointName=endpoint, TargetVariant=version, Body=body, ContentType=content_type
        )
        said = answer["Body"].read()
    took = time.monotonic() - start
    by = str(answer.get("InvokedProductionVariant") or version)
    if by != version:
        raise Rejected(f"can't {doing}: version {by!r} answered instead")
    return Reply(by, said, str(answer.get("ContentType", "")), took)
