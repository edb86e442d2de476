"""The pages of Azure ML studio that show an endpoint and its logs."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

STUDIOS = {"usgov": "ml.azure.us", "china": "studio.ml.azure.cn"}
"""Where the studio of a cloud is; elsewhere it is `ml.azure.com`."""


def links(endpoint: str, place: str, settings: Mapping[str, Any]) -> Mapping[str, str]:
    """See `Linking.links`."""
    subscription, group, workspace = map(quote, place.split("/", 2))
    where = f"/subscriptions/{subscription}/resourcegroups/{group}/workspaces/{workspace}"
    studio = STUDIOS.get(str(settings.get("cloud")), "ml.azure.com")
    page = f"https://{studio}/endpoints/realtime/{quote(endpoint, safe='')}"
    return {"console": f"{page}/detail?wsid={where}", "logs": f"{page}/logs?wsid={where}"}
