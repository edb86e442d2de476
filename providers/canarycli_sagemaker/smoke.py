"""Sends one request to one variant, whatever its weight."""

import time
from collections.abc import Mapping
from typing import Any

from canarycli.errors import Rejected
from canarycli.provider import Reply
from canarycli_sagemaker.api import Clients


def invoke(
    clients: Clients,
    endpoint: str,
    version: str,
    body: bytes,
    content_type: str = "application/json",
) -> Reply:
    """One InvokeEndpoint with TargetVariant; it counts in the variant's metrics as any request.

    An error of the model's own is a reply with its status; SageMaker's own errors are raised.

    Raises:
        Rejected: SageMaker refused the request, or another variant answered.
    """
    doing = f"ask version {version!r} of endpoint {endpoint!r}"
    start = time.monotonic()
    with clients.asking(doing):
        try:
            answer = clients.runtime.invoke_endpoint(
                EndpointName=endpoint, TargetVariant=version, Body=body, ContentType=content_type
            )
            said = answer["Body"].read()
        except clients.runtime.exceptions.ModelError as error:
            return _failed(version, error.response, time.monotonic() - start)
    took = time.monotonic() - start
    by = str(answer.get("InvokedProductionVariant") or version)
    if by != version:
        raise Rejected(f"can't {doing}: version {by!r} answered instead")
    return Reply(by, said, str(answer.get("ContentType", "")), took)


def _failed(version: str, answer: Mapping[str, Any], took: float) -> Reply:
    said = str(answer.get("OriginalMessage") or answer.get("Message") or "")
    return Reply(version, said.encode(), "", took, int(answer.get("OriginalStatusCode") or 500))
