"""Names the call behind a method and a path, as the call log and the faults know it."""

import re
from dataclasses import dataclass, field

_ENDPOINT = r"/v1/projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/endpoints"
_ID = _ENDPOINT + r"/(?P<id>[^/:]+)"
_IMPERSONATE = r"/v1/projects/-/serviceAccounts/(?P<account>[^/:]+):generateAccessToken"
_MODELS = r"/v1/projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/models"
_BIGQUERY = r"/bigquery/v2/projects/(?P<project>[^/]+)"
# The SDK asks for operations below /ui.
_ROUTES = [
    ("POST", "/token", "token"),
    ("POST", _IMPERSONATE, "impersonate"),
    ("GET", r"(?P<path>/computeMetadata.*|/)", "metadata"),
    ("GET", r"/(?:v1|ui)/projects/.+/operations/(?P<id>[^/:]+)", "getOperation"),
    ("GET", _ID + "/operations", "listOperations"),
    ("GET", _ENDPOINT, "listEndpoints"),
    ("GET", _ID, "getEndpoint"),
    ("PATCH", _ID, "updateEndpoint"),
    ("POST", _ID + ":deployModel", "deployModel"),
    ("POST", _ID + ":undeployModel", "undeployModel"),
    ("POST", _ID + ":predict", "predict"),
    ("GET", _MODELS, "listModels"),
    ("POST", _MODELS + ":upload", "uploadModel"),
    ("DELETE", _MODELS + r"/(?P<id>[^/:]+):deleteVersion", "deleteModelVersion"),
    ("GET", _MODELS + r"/(?P<id>[^/:]+)", "getModel"),
    ("POST", r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o", "insertObject"),
    ("PUT", r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o", "insertObject"),
    ("GET", r"/storage/v1/b/(?P<bucket>[^/]+)", "getBucketOfObjects"),
    ("GET", r"/storage/v1/b/(?P<bucket>[^/]+)/o", "listObjects"),
    ("DELETE", r"/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<id>.+)", "deleteObject"),
    ("POST", _BIGQUERY + "/jobs", "planQuery"),
    ("POST", _BIGQUERY + "/queries", "runQuery"),
    ("GET", _BIGQUERY + r"/queries/(?P<id>[^/]+)", "readQuery"),
    ("GET", r"/v3/projects/(?P<project>[^/]+)/timeSeries", "timeSeries"),
]


@dataclass(frozen=True)
class Route:
    """A call and what its path says."""

    call: str
    of: dict[str, str] = field(default_factory=dict)


def route(method: str, path: str) -> Route:
    """The call, `unknown` where there is none."""
    for wanted, pattern, call in _ROUTES:
        match = re.fullmatch(pattern, path) if wanted == method else None
        if match:
            return Route(call, match.groupdict())
    return Route("unknown")
