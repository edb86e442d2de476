"""The pages of Google Cloud that show an endpoint: its console and its logs."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

CONSOLE = "https://console.cloud.google.com"


def links(endpoint: str, place: str, _: Mapping[str, Any]) -> Mapping[str, str]:
    """See `Linking.links`; pages know an endpoint by its number alone."""
    project, _slash, region = place.partition("/")
    number = endpoint.rpartition("/")[2]
    of = f"?project={quote(project, safe='')}"
    if not number.isdecimal():
        return {"console": f"{CONSOLE}/vertex-ai/online-prediction/endpoints{of}"}
    asked = quote(
        'resource.type="aiplatform.googleapis.com/Endpoint"\n'
        f'resource.labels.endpoint_id="{number}"',
        safe="",
    )
    pages = f"{CONSOLE}/vertex-ai/online-prediction/locations/{quote(region, safe='')}"
    return {
        "console": f"{pages}/endpoints/{number}{of}",
        "logs": f"{CONSOLE}/logs/query;query={asked}{of}",
    }
