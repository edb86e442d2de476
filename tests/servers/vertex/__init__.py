"""Vertex AI endpoints and Cloud Monitoring on 127.0.0.1, for tests.

    python -m servers.vertex --port 0 --key key.json --seed

prints its URL on a line of its own and serves until it is ended. `--key` writes a fresh
service-account key whose `token_uri` is this server. All a client needs is then
`GOOGLE_APPLICATION_CREDENTIALS=key.json`, `CANARY_VERTEX_ENDPOINT` and `CANARY_MONITORING_ENDPOINT`
with the URL; `HTTPS_PROXY` with the URL and `NO_PROXY=127.0.0.1` catch stray calls, which are
logged as CONNECT. Project `acme-ml` (number 424242424242) and region `europe-west4` unless told.
`--seed` puts endpoint 1000 `churn` there with deployed models 11 (models/500@1, all the traffic)
and 22 (models/500@2, none), and models/500 versions 1, 2 and 3 (alias `golden`).

Real: `POST /token` verifies the RS256 signature, issuer, times, audience and scope of the grant;
bearer tokens are needed everywhere else; the metadata server, token exchange and
generateAccessToken work. Endpoints: get, list (filter by display name), patch (etag, mask, splits
that add up to 100), deployModel, undeployModel, operations with stages, predict. Models: get
(version or alias), list, upload a version, delete one. Cloud Storage, for who sets
`STORAGE_EMULATOR_HOST`: objects whole or in parts, listed, deleted. Monitoring:
`timeSeries.list` from raw requests on the server's clock.

Control, all JSON, under `/__control/`; `Server.control(method, path, **body)` in the same process:

    GET    state                 endpoints, models, operations, now
    GET    calls                 the log: call, method, path, query, agent, body, status,
                                 account, quota_project, permission (what it takes), denied
    DELETE calls
    PUT    endpoints/ID          set fields of an endpoint as somebody else would (new etag)
    PUT    models/ID/VERSION     upload a model version {displayName, versionAliases, ...}
    POST   faults                {call, kind, times=1, skip=0, retry_after=""}; see below
    DELETE faults
    POST   clock                 {at: rfc3339} or {advance: seconds}, {speed: factor}
    POST   load                  {endpoint, per_minute, since_minutes=0, behaviour: {"22" or "*":
                                 {error_rate, code="503", latency_ms=80, sigma=0.3}}}: steady
                                 traffic by the split in force; per_minute 0 ends it
    POST   requests              {endpoint, model, minutes_ago or at, count, code="200", latency_ms,
                                 sigma, latencies_ms: [...]}: raw requests in one minute
    POST   series                {type, kind="GAUGE", labels, resource, distribution=false, points:
                                 [{minutes_ago or at, value}]}: any metric of one's own
    POST   settings              {metric_delay: s, page_points: n, buckets: {...},
                                 shortest_period: s (60, as Google has it), token_lifetime: s,
                                 stale_status: "ABORTED" or "FAILED_PRECONDITION",
                                 filters: false (lists are not filtered),
                                 date: "" or what the Date header says,
                                 denied: ["monitoring.timeSeries.list", ...],
                                 granted: all that is allowed, null for everything,
                                 deploy: {polls: n, seconds: s or null, error: {code, message}}}
    POST   key                   a fresh key, as JSON
    POST   revoke                all tokens are void

Calls: token, impersonate, metadata, getEndpoint, listEndpoints, updateEndpoint, deployModel,
undeployModel, getOperation, listOperations, getModel, listModels, uploadModel, deleteModelVersion,
insertObject, listObjects, deleteObject, timeSeries, predict; `*` is any.
Faults: throttle, error500, error503, drop_before, unauthorized, forbidden, busy, html (502),
html404, redirect, hang and garbage happen instead of the call; drop_after, html_after,
garbage_after and truncated after it was carried out; `write` with `write: {endpoint,
trafficSplit, labels...}` lets somebody else change an endpoint just before it.
"""

from .server import Server

__all__ = ["Server"]
