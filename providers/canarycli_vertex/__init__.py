"""Vertex AI endpoints and Cloud Monitoring as a canary provider.

Looking, shifting and measuring speak REST with google-auth's credentials and import nothing of
`google.cloud`; see docs/vertex.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from canarycli_vertex.provider import Vertex

__all__ = ["Vertex"]


def __getattr__(name: str) -> Any:
    # Not above: what it declares is read where its SDK may not be installed.
    if name != "Vertex":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from canarycli_vertex.provider import Vertex

    return Vertex
