"""The address callers send requests to: whoever the traffic or the header says answers."""

from __future__ import annotations

import random

from .load import Call
from .state import Endpoint, Resource, State
from .wire import Refused, Reply, Request

DEPLOYMENT = "azureml-model-deployment"
AUDIENCE = "https://ml.azure.com"


def answer(state: State, request: Request) -> Reply:
    """One request to `https://<endpoint>.<region>.inference.ml.azure.com/score`."""
    name = request.host.split(".")[0]
    found = (workspace.find(name) for workspace in state.workspaces.values())
    endpoint = next((e for e in found if e is not None), None)
    if endpoint is None or request.method != "POST" or request.path != "/score":
        return Reply(404, {"error": "Not Found"})
    if not _is_allowed(state, endpoint, request):
        return Reply(401, {"error": "key or token is not valid"})
    deployment = _chosen(endpoint, request)
    if deployment is None:
        return Reply(404, {"error": "Specified deployment could not be found."})
    said = endpoint.answers.get(deployment.body["name"], {})
    status = int(said.get("status", 200))
    _count(state, endpoint, deployment, status, str(said.get("model_status", "200")))
    headers = {DEPLOYMENT: said.get("by", deployment.body["name"])}
    if status == 424:
        headers["ms-azureml-model-error-statuscode"] = str(said.get("model_status", "500"))
        headers["ms-azureml-model-error-reason"] = "model_error"
    return Reply(status, said.get("body", {"score": 0.5}), headers)


def token(endpoint: Endpoint) -> Reply:
    """What the endpoint's `token` action answers where `authMode` is AMLToken."""
    if endpoint.body["properties"].get("authMode") != "AMLToken":
        raise Refused(400, "BadRequest", "The endpoint does not use tokens.")
    return Reply(200, {"accessToken": f"token-of-{endpoint.body['name']}", "tokenType": "Bearer"})


def _is_allowed(state: State, endpoint: Endpoint, request: Request) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    name = endpoint.body["name"]
    match endpoint.body["properties"].get("authMode"):
        case "Key":
            return given == f"key-of-{name}"
        case "AMLToken":
            return given == f"token-of-{name}"
        case _:
            return state.tokens.get(given) == AUDIENCE


def _chosen(endpoint: Endpoint, request: Request) -> Resource | None:
    wanted = request.headers.get(DEPLOYMENT, "")
    if wanted:
        return endpoint.find(wanted)
    traffic = {n: v for n, v in (endpoint.body["properties"].get("traffic") or {}).items() if v}
    if not traffic:
        return None
    return endpoint.find(random.choices(list(traffic), list(traffic.values()))[0])


def _count(
    state: State, endpoint: Endpoint, deployment: Resource, status: int, model_status: str
) -> None:
    minute = int(state.now() // 60)
    call = Call(str(status), model_status if status in {200, 424} else "", 0.01)
    endpoint.load.extra.setdefault((deployment.body["name"], minute), []).append(call)
    endpoint.load.kept.clear()
