"""The pages of AWS that show an endpoint: SageMaker's console and its logs in CloudWatch."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

CONSOLES = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
"""Where the console of a partition is; elsewhere it is `console.aws.amazon.com`."""


def links(endpoint: str, place: str, _: Mapping[str, Any]) -> Mapping[str, str]:
    """See `Linking.links`."""
    host = next((h for start, h in CONSOLES.items() if place.startswith(start)), "")
    base = f"https://{place}.{host or 'console.aws.amazon.com'}"
    name = quote(endpoint, safe="")
    group = quote(quote(f"/aws/sagemaker/Endpoints/{endpoint}", safe=""), safe="").replace("%", "$")
    return {
        "console": f"{base}/sagemaker/home?region={place}#/endpoints/{name}",
        "logs": f"{base}/cloudwatch/home?region={place}#logsV2:log-groups/log-group/{group}",
    }
