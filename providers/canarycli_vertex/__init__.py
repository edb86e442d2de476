"""Vertex AI endpoints and Cloud Monitoring as a canary provider.

Looking, shifting and measuring speak REST with google-auth's credentials and import nothing of
`google.cloud`; see docs/vertex.md.
"""

from canarycli_vertex.provider import Vertex

__all__ = ["Vertex"]
