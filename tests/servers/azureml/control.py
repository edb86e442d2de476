"""The control surface: what tests may make happen. Described in the package's docstring."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .endpoints import new_deployment, new_endpoint, shown
from .entra import new_token
from .faults import Fault, Faults
from .load import Call, parse_quality
from .state import GROUP, SUBSCRIPTION, WORKSPACE, Endpoint, State, Workspace
from .wire import Reply, Request


class Control:
    """Answers `/__control/...`; every call is JSON over POST."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults

    def answer(self, request: Request) -> Reply:
        action = request.path.removeprefix("/__control/")
        handle: Callable[[dict[str, Any]], Any] | None = getattr(self, f"do_{action}", None)
        if handle is None:
            return Reply(404, {"error": f"no control {action!r}"})
        try:
            found = handle(request.json())
        except (KeyError, TypeError, ValueError) as error:
            return Reply(400, {"error": f"{type(error).__name__}: {error}"})
        self.state.settle()
        return Reply(200, {} if found is None else found)

    def do_reset(self, _: dict[str, Any]) -> None:
        self.state.reset()
        self.faults.set.clear()

    def do_settings(self, body: dict[str, Any]) -> None:
        self.state.configure(body)

    def do_blob(self, body: dict[str, Any]) -> None:
        """Append to a blob, at `at` seconds since the epoch."""
        before, _ = self.state.blobs.get(body["name"], (b"", 0.0))
        self.state.blobs[body["name"]] = (before + body["text"].encode(), float(body["at"]))

    def do_logs(self, body: dict[str, Any]) -> dict[str, Any]:
        """More rows for any query: [at, arm, n, bad]; the queries so far."""
        self.state.logs.extend((at, arm, n, bad) for at, arm, n, bad in body.get("rows", ()))
        return {"queries": self.state.queries}

    def do_advance(self, body: dict[str, Any]) -> dict[str, float]:
        self.state.offset += float(body["seconds"])
        return self.do_now({})

    def do_now(self, _: dict[str, Any]) -> dict[str, float]:
        return {"now": self.state.now()}

    def do_workspace(self, body: dict[str, Any]) -> None:
        workspace = Workspace(**body)
        self.state.workspaces[workspace.id.lower()] = workspace

    def do_endpoint(self, body: dict[str, Any]) -> dict[str, Any]:
        """An endpoint as it is after its deployments were made, some time ago."""
        workspace = self._workspace(body)
        raw = {
            "location": workspace.location,
            "tags": body.get("tags", {}),
            "kind": body.get("kind", "Managed"),
            "identity": body.get("identity", {"type": "SystemAssigned"}),
            "properties": {"authMode": "Key", **body.get("properties", {})},
        }
        endpoint = new_endpoint(workspace, body["name"], raw)
        self.state.stamp(endpoint.body)
        workspace.endpoints[body["name"]] = endpoint
        for name, deployment in body.get("deployments", {}).items():
            self._deploy(workspace, endpoint, name, deployment)
        endpoint.body["properties"]["traffic"] = dict(body.get("traffic", {}))
        if not endpoint.body["properties"].get("compute"):
            endpoint.body["properties"]["mirrorTraffic"] = dict(body.get("mirror", {}))
        self.state.remember(endpoint, 0.0)
        return shown(endpoint)

    def do_deployment(self, body: dict[str, Any]) -> None:
        workspace, endpoint = self._workspace(body), self._endpoint(body)
        self._deploy(workspace, endpoint, body["name"], body)

    def do_remove(self, body: dict[str, Any]) -> None:
        """Another writer deletes a deployment."""
        del self._endpoint(body).deployments[body["name"]]

    def do_asset(self, body: dict[str, Any]) -> None:
        kinds = self._workspace(body).assets.setdefault(body.get("kind", "models"), {})
        kinds.setdefault(body["name"], []).append(
            {
                "version": str(body["version"]),
                "created": body.get("created", ""),
                "properties": body.get("properties", {}),
            }
        )

    def do_change(self, body: dict[str, Any]) -> None:
        """Another writer's change, in force at once, without asking."""
        endpoint = self._endpoint(body)
        self.state.writer, me = body.get("by", "somebody-else"), self.state.writer
        self.state.stamp(endpoint.body)
        self.state.writer = me
        for key in ("traffic", "mirrorTraffic"):
            if key in body:
                endpoint.body["properties"][key] = dict(body[key])
        endpoint.body["properties"] |= body.get("properties", {})
        endpoint.body["tags"] = {**(endpoint.body.get("tags") or {}), **body.get("tags", {})}
        self.state.remember(endpoint, self.state.now())
        for key, value in body.get("odd", {}).items():  # of a type that Azure never answers
            (endpoint.body if key in endpoint.body else endpoint.body["properties"])[key] = value

    def do_state(self, body: dict[str, Any]) -> None:
        """Put a deployment, or the endpoint itself, in a provisioning state."""
        endpoint = self._endpoint(body)
        resource = endpoint.find(body["deployment"]) if "deployment" in body else endpoint
        if resource is None:
            raise KeyError(body["deployment"])
        resource.body["properties"]["provisioningState"] = body["state"]
        resource.log = body.get("log", resource.log)

    def do_fail_next(self, body: dict[str, Any]) -> None:
        name = body["name"].lower()
        self.state.failing[name] = body.get("log", "")
        if "code" in body:
            self.state.reasons[name] = {"code": body["code"], "message": body["message"]}

    def do_log(self, body: dict[str, Any]) -> None:
        deployment = self._endpoint(body).find(body["deployment"])
        if deployment is None:
            raise KeyError(body["deployment"])
        deployment.log = body["text"]

    def do_load(self, body: dict[str, Any]) -> None:
        """Requests to an endpoint; see `servers.azureml.load`."""
        load = self._endpoint(body).load
        load.kept.clear()
        load.per_minute = float(body.get("per_minute", load.per_minute))
        load.since = float(body.get("since", load.since))
        load.until = float(body.get("until", load.until))
        load.seed = int(body.get("seed", load.seed))
        for name, quality in body.get("qualities", {}).items():
            load.qualities[name] = parse_quality(quality)

    def do_requests(self, body: dict[str, Any]) -> None:
        """Single requests: [deployment, at, status, model status, seconds]."""
        load = self._endpoint(body).load
        load.kept.clear()
        for name, at, status, model_status, seconds in body["requests"]:
            made = Call(str(status), str(model_status), float(seconds))
            load.extra.setdefault((name, int(at // 60)), []).append(made)

    def do_answer(self, body: dict[str, Any]) -> None:
        """What a deployment answers when it is called."""
        self._endpoint(body).answers[body["deployment"]] = body

    def do_values(self, body: dict[str, Any]) -> None:
        """Values of a custom metric: [at, value]."""
        values = self._endpoint(body).load.extra_values
        key = (body.get("namespace", ""), body["name"])
        dimensions = body.get("dimensions", {})
        values.setdefault(key, []).extend((at, v, dimensions) for at, v in body["values"])

    def do_history(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"history": self._endpoint(body).history}

    def do_look(self, body: dict[str, Any]) -> dict[str, Any]:
        """The endpoint and its deployments as they are; not in the call log."""
        endpoint = self._endpoint(body)
        found = {name: shown(d) for name, d in endpoint.deployments.items()}
        return {"endpoint": shown(endpoint), "deployments": found}

    def do_faults(self, body: dict[str, Any]) -> None:
        self.faults.set.extend(Fault(**fault) for fault in body["faults"])

    def do_clear(self, _: dict[str, Any]) -> None:
        self.faults.set.clear()
        self.state.calls.clear()

    def do_token(self, body: dict[str, Any]) -> dict[str, str]:
        """A token as somebody has it who is signed in already."""
        return {"token": new_token(self.state, body["audience"], "somebody", "tenant")}

    def do_stored(self, _: dict[str, Any]) -> dict[str, Any]:
        """The blobs there are, with their sizes, and blocks of some that broke off."""
        parts = {name: b"".join(blocks) for name, blocks in self.state.blocks.items()}
        found = {**parts, **{name: body for name, (body, _) in self.state.blobs.items()}}
        return {"stored": {name: len(content) for name, content in found.items()}}

    def do_versions(self, body: dict[str, Any]) -> dict[str, Any]:
        """The versions of a registered model."""
        return {"versions": self._workspace(body).assets.get("models", {}).get(body["name"], [])}

    def do_expire(self, _: dict[str, Any]) -> None:
        """Every token given so far is no longer accepted."""
        self.state.expired |= self.state.tokens
        self.state.tokens.clear()

    def do_calls(self, body: dict[str, Any]) -> dict[str, Any]:
        wanted = body.get("operation", "")
        found = [call for call in self.state.calls if wanted in {"", call["operation"]}]
        return {"calls": found}

    def _deploy(
        self, workspace: Workspace, endpoint: Endpoint, name: str, body: dict[str, Any]
    ) -> None:
        compute = "Kubernetes" if endpoint.body["properties"].get("compute") else "Managed"
        model = body.get("model", f"{workspace.id}/models/{name}-model/versions/1")
        properties = {
            "endpointComputeType": compute,
            "model": model,
            "environmentId": f"{workspace.id}/environments/sklearn/versions/3",
            "instanceType": "Standard_DS3_v2",
            "scaleSettings": {"scaleType": "Default"},
            **copy.deepcopy(body.get("properties", {})),
        }
        raw = {
            "location": workspace.location,
            "tags": body.get("tags", {}),
            "sku": {"name": "Default", "capacity": body.get("capacity", 2)},
            "properties": properties,
        }
        made = new_deployment(endpoint, name, raw)
        self.state.stamp(made.body)
        made.body["properties"]["provisioningState"] = body.get("state", "Succeeded")
        made.log = body.get("log", "")
        endpoint.deployments[name] = made

    def _workspace(self, body: dict[str, Any]) -> Workspace:
        place = Workspace(
            body.get("subscription", SUBSCRIPTION),
            body.get("resource_group", GROUP),
            body.get("workspace", WORKSPACE),
        )
        return self.state.workspaces[place.id.lower()]

    def _endpoint(self, body: dict[str, Any]) -> Endpoint:
        endpoint = self._workspace(body).find(body["endpoint"])
        if endpoint is None:
            raise KeyError(body["endpoint"])
        return endpoint
