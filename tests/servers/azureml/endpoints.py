"""Online endpoints and their deployments, as ARM serves them."""

import copy
from typing import Any

from . import scoring
from .rules import RUNNING, check_deployment, check_endpoint, check_tags, conflict, validation
from .state import PROVIDER, Endpoint, Operation, Resource, State, Workspace
from .wire import Refused, Reply, Request

ENDPOINT = f"{PROVIDER}/workspaces/onlineEndpoints"


class Endpoints:
    """One workspace's endpoints, for one request."""

    def __init__(self, state: State, workspace: Workspace, request: Request) -> None:
        self.state = state
        self.workspace = workspace
        self.request = request

    def entries(self) -> Reply:
        found = [shown(endpoint) for endpoint in self.workspace.endpoints.values()]
        return self._page(found)

    def read(self, name: str) -> Reply:
        return Reply(200, shown(self._endpoint(name)))

    def write(self, name: str) -> Reply:
        body, old = self.request.json(), self.workspace.find(name)
        if old is not None:
            self._refuse_while_changing(old, name)
        settings = self.state.settings
        check_endpoint(body, old, unready=settings.unready_traffic)
        wanted = _kept(body, old)
        if old is None:
            old = new_endpoint(self.workspace, name, wanted)
            self.workspace.endpoints[name] = old
            self.state.stamp(old.body)
            whole = copy.deepcopy(old.body)
            return self._start(old, whole, "Creating", settings.endpoint_seconds, 201)
        self.state.stamp(old.body)
        return self._start(old, wanted, "Updating", settings.endpoint_seconds, 201)

    def patch(self, name: str) -> Reply:
        body, endpoint = self.request.json(), self._endpoint(name)
        self._refuse_while_changing(endpoint, name)
        how = self.state.settings.patch_properties
        if "properties" in body and how == "reject":
            raise validation("PATCH takes tags and identity only.")
        wanted = copy.deepcopy(endpoint.body)
        if "tags" in body:
            old = wanted.get("tags") or {} if self.state.settings.merge_tags else {}
            wanted["tags"] = {**old, **body["tags"]}
            check_tags(wanted["tags"])
        if "properties" in body and how == "apply":
            wanted["properties"] |= body["properties"]
        self.state.stamp(endpoint.body)
        seconds = self.state.settings.endpoint_seconds
        return self._start(endpoint, wanted, "Updating", seconds, 202)

    def delete(self, name: str) -> Reply:
        endpoint = self._endpoint(name)
        self._refuse_while_changing(endpoint, name)
        return self._start(endpoint, None, "Deleting", self.state.settings.endpoint_seconds, 202)

    def keys(self, name: str) -> Reply:
        self._endpoint(name)
        return Reply(200, {"primaryKey": f"key-of-{name}", "secondaryKey": ""})

    def token(self, name: str) -> Reply:
        return scoring.token(self._endpoint(name))

    def deployments(self, name: str) -> Reply:
        found = [shown(d) for d in self._endpoint(name).deployments.values()]
        return self._page(found)

    def read_deployment(self, name: str, deployment: str) -> Reply:
        return Reply(200, shown(self._deployment(name, deployment)))

    def write_deployment(self, name: str, deployment: str) -> Reply:
        endpoint, body = self._endpoint(name), self.request.json()
        if endpoint.state in RUNNING:
            raise conflict(
                f"Cannot create a deployment in endpoint {name} because it is in "
                f"{endpoint.state} provisioning state"
            )
        old = endpoint.find(deployment)
        if old is not None and old.state in RUNNING:
            raise conflict(f"Deployment {deployment} is in {old.state} provisioning state")
        check_deployment(body, old, endpoint, self.workspace)
        wanted = _kept(body, old)
        doing = "Updating"
        if old is None:
            old = new_deployment(endpoint, deployment, wanted)
            endpoint.deployments[deployment] = old
            wanted, doing = copy.deepcopy(old.body), "Creating"
        self.state.stamp(old.body)
        return self._start(old, wanted, doing, self.state.settings.deployment_seconds, 201)

    def delete_deployment(self, name: str, deployment: str) -> Reply:
        endpoint = self._endpoint(name)
        found = endpoint.find(deployment)
        if found is None:
            return Reply(204)
        properties = endpoint.body["properties"]
        for split in ("traffic", "mirrorTraffic"):
            if any(
                share and who.lower() == deployment.lower()
                for who, share in (properties.get(split) or {}).items()
            ):
                raise Refused(
                    400, "BadRequest", f"Deployment {deployment} still has traffic, set it to 0."
                )
        if found.state in RUNNING:
            raise conflict(f"Deployment {deployment} is in {found.state} provisioning state")
        return self._start(found, None, "Deleting", self.state.settings.deployment_seconds, 202)

    def log(self, name: str, deployment: str) -> Reply:
        found, asked = self._deployment(name, deployment), self.request.json()
        lines = found.log.splitlines()
        return Reply(200, {"content": "\n".join(lines[-int(asked.get("tail") or 100) :])})

    def _start(
        self, resource: Resource, wanted: dict[str, Any] | None, doing: str, seconds: float, ok: int
    ) -> Reply:
        state, number = self.state, self.state.number()
        name = resource.body["name"]
        error = None
        log = state.failing.pop(name.lower(), None)
        if log is not None:
            resource.log = log or resource.log
            usual = {"code": "ResourceNotReady", "message": resource.failure or "It did not start."}
            error = state.reasons.pop(name.lower(), usual)
        resource.operation = Operation(
            f"oeidp:{number:08d}", state.now() + seconds, doing, wanted, error
        )
        resource.body["properties"]["provisioningState"] = doing
        answer = shown(resource)
        link = (
            f"https://{self.request.host}/subscriptions/{self.workspace.subscription}/providers/"
            f"{PROVIDER}/locations/{self.workspace.location}/mfeOperationsStatus/"
            f"{resource.operation.id}?api-version={self.request.query.get('api-version', '')}"
            f"&t=638000000000000000&c=signature-c-{number}&s=signature-s-{number}&h=hash"
        )
        state.operations[resource.operation.id] = resource.operation
        headers = {"Azure-AsyncOperation": link, "x-ms-async-operation-timeout": "PT30M"}
        if ok == 202:
            return Reply(202, None, {**headers, "Location": link, "Retry-After": "1"})
        own = f"https://{self.request.host}{self.request.path}"
        return Reply(ok, answer, {**headers, "Location": own})

    def _endpoint(self, name: str) -> Endpoint:
        found = self.workspace.find(name)
        if found is None:
            raise Refused(404, "NotFound", f"Online endpoint {name} was not found.")
        return found

    def _deployment(self, name: str, deployment: str) -> Resource:
        found = self._endpoint(name).find(deployment)
        if found is None:
            raise Refused(404, "NotFound", f"Deployment {deployment} was not found.")
        return found

    def _refuse_while_changing(self, endpoint: Endpoint, name: str) -> None:
        if endpoint.state in RUNNING:
            raise conflict(
                f"Cannot update endpoint {name} because it is in {endpoint.state} "
                "provisioning state"
            )
        if not self.state.settings.deployment_blocks_endpoint:
            return
        for deployment in endpoint.deployments.values():
            if deployment.state in RUNNING:
                raise conflict(
                    f"Endpoint {name} has a deployment in {deployment.state} provisioning state"
                )

    def _page(self, found: list[dict[str, Any]]) -> Reply:
        size, skip = self.state.settings.page_size, int(self.request.query.get("$skip", "0"))
        answer: dict[str, Any] = {"value": found[skip : skip + size]}
        if skip + size < len(found):
            version = self.request.query.get("api-version", "")
            answer["nextLink"] = (
                f"https://{self.state.settings.next_host or self.request.host}{self.request.path}"
                f"?api-version={version}&$skip={skip + size}"
            )
        return Reply(200, answer)


def new_endpoint(workspace: Workspace, name: str, body: dict[str, Any]) -> Endpoint:
    """An endpoint with what the service adds to a body of ours."""
    whole = copy.deepcopy(body)
    whole |= {"id": f"{workspace.id}/onlineEndpoints/{name}", "name": name, "type": ENDPOINT}
    whole["properties"] |= {
        "provisioningState": "Succeeded",
        "scoringUri": f"https://{name}.{workspace.location}.inference.ml.azure.com/score",
        "swaggerUri": f"https://{name}.{workspace.location}.inference.ml.azure.com/swagger.json",
    }
    bag = whole["properties"].get("properties") or {}
    whole["properties"]["properties"] = {"azureml.onlineendpointid": name, **bag}
    whole["identity"] |= {"principalId": "00000000-0000-4000-8000-00000000beef", "tenantId": "t"}
    return Endpoint(whole)


def new_deployment(endpoint: Endpoint, name: str, body: dict[str, Any]) -> Resource:
    """A deployment with what the service adds to a body of ours."""
    whole = copy.deepcopy(body)
    path = f"{endpoint.body['id']}/deployments/{name}"
    whole |= {"id": path, "name": name, "type": f"{ENDPOINT}/deployments"}
    whole["properties"]["provisioningState"] = "Succeeded"
    return Resource(whole)


def shown(resource: Resource) -> dict[str, Any]:
    """What GET answers."""
    return copy.deepcopy(resource.body)


def _kept(body: dict[str, Any], old: Resource | None) -> dict[str, Any]:
    """What will hold after a PUT: the new body, and what the service owns."""
    wanted = copy.deepcopy(body)
    wanted.pop("id", None)
    if old is None:
        return wanted
    for key in ("id", "name", "type"):
        if key in old.body:
            wanted[key] = old.body[key]
    for key in ("scoringUri", "swaggerUri"):
        if key in old.body["properties"]:
            wanted["properties"][key] = old.body["properties"][key]
    if "identity" in wanted and "identity" in old.body:
        _fill_identity(wanted["identity"], old.body["identity"])
    return wanted


def _fill_identity(identity: dict[str, Any], known: dict[str, Any]) -> None:
    """What Entra ID knows of an identity, which a PUT does not say."""
    for key in ("principalId", "tenantId"):
        if key in known:
            identity[key] = known[key]
    before = known.get("userAssignedIdentities") or {}
    given = {"clientId": "given", "principalId": "p"}
    assigned = identity.get("userAssignedIdentities")
    if assigned:
        identity["userAssignedIdentities"] = {n: dict(before.get(n) or given) for n in assigned}
