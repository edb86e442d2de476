"""The state of the cloud: endpoints, models and operations, and the rules for changing them."""

import itertools
import random
from collections.abc import Callable
from typing import Any

from .clock import ServerClock, rfc3339
from .errors import Refused

Json = dict[str, Any]

STAGES = (
    "STARTING_DEPLOYMENT",
    "PREPARING_MODEL",
    "CREATING_SERVING_CLUSTER",
    "ADDING_NODES_TO_CLUSTER",
    "GETTING_CONTAINER_IMAGE",
    "STARTING_MODEL_SERVER",
    "FINISHING_UP",
)
V1 = "type.googleapis.com/google.cloud.aiplatform.v1"
METADATA = f"{V1}.DeployModelOperationMetadata"
RESOURCES = ("dedicatedResources", "automaticResources", "sharedResources")


class Cloud:
    """One project and region."""

    def __init__(self, project: str, number: str, region: str, clock: ServerClock) -> None:
        self.project, self.number, self.region, self.clock = project, number, region, clock
        self.endpoints: dict[str, Json] = {}
        self.models: dict[str, list[Json]] = {}
        self.operations: dict[str, Json] = {}
        self.splits: list[tuple[str, dict[str, int]]] = []
        self.stale_status = "ABORTED"
        self.deploy: Json = {"polls": 3, "seconds": None, "error": None}
        self.before_change: Callable[[], None] = lambda: None
        self._pending: dict[str, Json] = {}
        self._count = itertools.count(1)
        self._random = random.Random(20261124)

    @property
    def parent(self) -> str:
        """Where resources live, with the project's number as Google has it in names."""
        return f"projects/{self.number}/locations/{self.region}"

    def put_endpoint(self, endpoint_id: str, fields: Json) -> Json:
        """Create or change an endpoint as somebody else would, without any check."""
        self.before_change()
        now = rfc3339(self.clock.now())
        found = self.endpoints.setdefault(
            endpoint_id, {"name": f"{self.parent}/endpoints/{endpoint_id}", "createTime": now}
        )
        found.update(fields)
        return self._touch(found)

    def put_model(self, model_id: str, version: str, fields: Json) -> Json:
        """Upload a version of a model; the first one is the default."""
        versions = self.models.setdefault(model_id, [])
        aliases = fields.pop("versionAliases", [])
        model = {
            "name": f"{self.parent}/models/{model_id}",
            "displayName": f"model {model_id}",
            "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES", "SHARED_RESOURCES"],
            **fields,
            "versionId": version,
            "versionAliases": [*aliases, *(["default"] if not versions else [])],
        }
        versions.append(model)
        return model

    def endpoint(self, endpoint_id: str) -> Json:
        """GetEndpoint."""
        if endpoint_id not in self.endpoints:
            raise Refused("NOT_FOUND", f"The Endpoint does not exist: {endpoint_id}")
        return self.endpoints[endpoint_id]

    def model(self, word: str) -> Json:
        """GetModel: an id, with `@version` or `@alias` or the default version."""
        model_id, _, tag = word.partition("@")
        for version in self.models.get(model_id, ()):
            if (tag or "default") in {version["versionId"], *version["versionAliases"]}:
                return version
        raise Refused("NOT_FOUND", f"The Model does not exist: {word}")

    def upload_model(self, body: Json) -> Json:
        """UploadModel: a new version of `parentModel`, at once; an alias moves to it."""
        sent = dict(body["model"])
        model_id = str(body.get("parentModel", "")).rpartition("/")[2]
        if not sent.get("containerSpec", {}).get("imageUri"):
            raise Refused("INVALID_ARGUMENT", "container_spec.image_uri is required.")
        versions = self.models.get(model_id)
        if versions is None:
            raise Refused("NOT_FOUND", f"The Model does not exist: {model_id}")
        aliases = [a for a in sent.get("versionAliases", []) if not a.startswith("-")]
        for version in versions:
            version["versionAliases"] = [a for a in version["versionAliases"] if a not in aliases]
        number = str(1 + max(int(version["versionId"]) for version in versions))
        made = self.put_model(model_id, number, {**sent, "versionAliases": aliases})
        operation = self._operation({"name": self.parent}, f"{V1}.UploadModelOperationMetadata")
        response = {"model": made["name"], "modelVersionId": number}
        operation.update(done=True, response={"@type": f"{V1}.UploadModelResponse", **response})
        return operation

    def delete_version(self, word: str) -> Json:
        """DeleteModelVersion."""
        gone, model_id = self.model(word), word.partition("@")[0]
        self.models[model_id].remove(gone)
        operation = self._operation({"name": self.parent}, f"{V1}.DeleteOperationMetadata")
        operation.update(done=True, response={"@type": "type.googleapis.com/google.protobuf.Empty"})
        return operation

    def update(self, endpoint_id: str, mask: str, body: Json) -> Json:
        """UpdateEndpoint, at once: only masked fields, only with the right etag if one is given."""
        found = self.endpoint(endpoint_id)
        fields = {_camel(name) for name in mask.split(",") if name}
        if not fields or not fields <= {"trafficSplit", "labels", "displayName", "description"}:
            raise Refused("INVALID_ARGUMENT", f"Invalid update mask: {mask!r}")
        if body.get("etag") and body["etag"] != found["etag"]:
            raise Refused(
                self.stale_status,
                f"Specified Endpoint `etag`: `{body['etag']}` does not match server `etag`.",
            )
        if "trafficSplit" in fields:
            self._check_split(found, body.get("trafficSplit", {}))
        if "labels" in fields:
            _check_labels(body.get("labels", {}))
        self.before_change()
        for name in fields:
            found[name] = body.get(name, {} if name in {"trafficSplit", "labels"} else "")
        return self._touch(found)

    def deploy_model(self, endpoint_id: str, body: Json) -> Json:
        """DeployModel: an operation; a split given with it is set when it ends."""
        found = self.endpoint(endpoint_id)
        wanted = dict(body.get("deployedModel", {}))
        model = self.model(str(wanted.get("model", "")).rpartition("/")[2])
        if sum(kind in wanted for kind in RESOURCES) != 1:
            raise Refused("INVALID_ARGUMENT", "List of found errors: exactly one of resources")
        given = str(wanted.get("id", ""))
        if given and not (given.isdecimal() and len(given) <= 10):
            raise Refused("INVALID_ARGUMENT", f"Invalid DeployedModel id {given!r}")
        if given in {m["id"] for m in (*found.get("deployedModels", ()), *self._pending_on(found))}:
            raise Refused("ALREADY_EXISTS", f"DeployedModel {given} already exists.")
        wanted["id"] = given or str(self._random.randrange(10**18, 9 * 10**18))
        wanted["model"] = model["name"]
        wanted["modelVersionId"] = model["versionId"]
        wanted.setdefault("displayName", model["displayName"])
        operation = self._operation(found, METADATA)
        operation["metadata"]["deploymentStage"] = STAGES[0]
        self._pending[operation["name"]] = {
            "endpoint": endpoint_id,
            "model": wanted,
            "split": body.get("trafficSplit", {}),
            "asked": 0,
            "since": self.clock.now(),
            **self.deploy,
        }
        return operation

    def undeploy_model(self, endpoint_id: str, body: Json) -> Json:
        """UndeployModel: refused while the model has traffic, unless a new split takes it away."""
        found = self.endpoint(endpoint_id)
        model_id = str(body.get("deployedModelId", ""))
        if model_id not in {model["id"] for model in found.get("deployedModels", ())}:
            raise Refused("NOT_FOUND", f"DeployedModel {model_id} does not exist.")
        kept = [m for m in found["deployedModels"] if m["id"] != model_id]
        split = body.get("trafficSplit") or found.get("trafficSplit", {})
        if kept and split.get(model_id, 0):
            raise Refused("FAILED_PRECONDITION", f"DeployedModel {model_id} has traffic.")
        self.before_change()
        found["deployedModels"] = kept
        found["trafficSplit"] = {k: v for k, v in split.items() if kept and k != model_id}
        self._touch(found)
        operation = self._operation(found, METADATA.replace("Deploy", "Undeploy"))
        operation.update(done=True, response={"@type": METADATA})
        return operation

    def operation(self, name: str) -> Json:
        """GetOperation; a deployment comes one stage further each time it is asked about."""
        operation = self.operations.get(name.rpartition("/")[2])
        if operation is None:
            raise Refused("NOT_FOUND", f"Operation {name} not found.")
        pending = self._pending.get(operation["name"])
        if pending:
            pending["asked"] += 1
            self._advance(operation, pending)
        return operation

    def running(self, endpoint_id: str) -> list[Json]:
        """ListOperations of an endpoint."""
        start = f"{self.endpoint(endpoint_id)['name']}/operations/"
        return [one for one in self.operations.values() if one["name"].startswith(start)]

    def _advance(self, operation: Json, pending: Json) -> None:
        done = pending["asked"] / max(pending["polls"], 1)
        if pending["seconds"] is not None:
            done = (self.clock.now() - pending["since"]) / max(pending["seconds"], 1e-9)
        if done < 1:
            operation["metadata"]["deploymentStage"] = STAGES[int(done * len(STAGES))]
            return
        del self._pending[operation["name"]]
        operation["done"] = True
        if pending["error"]:
            operation["metadata"]["deploymentStage"] = "FAILED_TO_DEPLOY"
            operation["error"] = pending["error"]
            return
        operation["metadata"]["deploymentStage"] = "SUCCESSFULLY_DEPLOYED"
        self._finish(operation, pending)

    def _finish(self, operation: Json, pending: Json) -> None:
        found, model = self.endpoints[pending["endpoint"]], pending["model"]
        count = model.get("dedicatedResources", {}).get("minReplicaCount", 1)
        model["createTime"] = rfc3339(self.clock.now())
        model["status"] = {"availableReplicaCount": count}
        self.before_change()
        found.setdefault("deployedModels", []).append(model)
        if pending["split"]:
            split = {(model["id"] if k == "0" else k): v for k, v in pending["split"].items()}
            found["trafficSplit"] = split
        self._touch(found)
        operation["response"] = {
            "@type": "type.googleapis.com/google.cloud.aiplatform.v1.DeployModelResponse",
            "deployedModel": model,
        }

    def _pending_on(self, found: Json) -> list[Json]:
        here = found["name"].rpartition("/")[2]
        return [p["model"] for p in self._pending.values() if p["endpoint"] == here]

    def _operation(self, found: Json, kind: str) -> Json:
        number = str(7_000_000_000_000_000_000 + next(self._count))
        now = rfc3339(self.clock.now())
        self.operations[number] = {
            "name": f"{found['name']}/operations/{number}",
            "metadata": {
                "@type": kind,
                "genericMetadata": {"createTime": now, "updateTime": now},
            },
        }
        return self.operations[number]

    def _check_split(self, found: Json, split: Json) -> None:
        if found.get("network"):
            raise Refused("INVALID_ARGUMENT", "A private Endpoint has no traffic split.")
        there = {model["id"] for model in found.get("deployedModels", ())}
        shares = list(split.values())
        if any(type(share) is not int or not 0 <= share <= 100 for share in shares):
            raise Refused("INVALID_ARGUMENT", "Traffic split values must be int32 from 0 to 100.")
        if split and (sum(shares) != 100 or not set(split) <= there):
            raise Refused(
                "INVALID_ARGUMENT",
                "List of found errors:\t1.Field: endpoint.traffic_split; Message: must add up to "
                "100 over deployed models.\t",
            )

    def _touch(self, found: Json) -> Json:
        found["etag"] = f"AMEw9y{next(self._count):08d}"
        found["updateTime"] = rfc3339(self.clock.now())
        if "trafficSplit" in found:
            self.splits.append((found["name"].rpartition("/")[2], dict(found["trafficSplit"])))
        return found


def shown(found: Json) -> Json:
    """A resource as JSON shows it: empty fields are left out."""
    return {key: value for key, value in found.items() if value not in ({}, [], "", None)}


def _camel(name: str) -> str:
    head, *rest = name.strip().split("_")
    return head + "".join(part.capitalize() for part in rest)


def _check_labels(labels: Json) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    for text in (*labels, *labels.values()):
        if len(text) > 64 or not set(text) <= allowed:
            raise Refused("INVALID_ARGUMENT", f"Invalid label {text!r}")
    if len(labels) > 64:
        raise Refused("INVALID_ARGUMENT", "Too many labels.")
