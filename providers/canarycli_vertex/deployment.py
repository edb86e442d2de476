"""Follows a deployment that is under way, from any machine.

The endpoint's label `canary-operation` holds the id the deployed model will have and the number of
the operation that brings it. It is worth a look only until the model is there.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from canarycli.errors import Denied, NotFound, Rejected
from canarycli.late_methods import dataclass
from canarycli.provider import Version
from canarycli_vertex.api import Api, Json
from canarycli_vertex.errors import ended, understood
from canarycli_vertex.notes import OPERATION

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "STARTING_DEPLOYMENT": "starting the deployment",
        "PREPARING_MODEL": "preparing the model",
        "CREATING_SERVING_CLUSTER": "creating the serving cluster",
        "ADDING_NODES_TO_CLUSTER": "adding nodes to the cluster",
        "GETTING_CONTAINER_IMAGE": "getting the container image",
        "STARTING_MODEL_SERVER": "starting the model server",
        "FINISHING_UP": "finishing up",
    }
)
"""Vertex's words for where a deployment is, for people."""

_LABEL = re.compile(r"(?P<model>\d{1,10})_(?P<operation>[a-z0-9-]{1,50})")


@dataclass(frozen=True, slots=True)
class Under:
    """A deployment under way, or the end of one that failed.

    Attributes:
        model: the id the deployed model has or will have.
        operation: the number of the operation.
    """

    model: str
    operation: str

    @classmethod
    def way_on(cls, found: Mapping[str, Any]) -> "Under | None":
        """The one an endpoint's labels speak of, over or not."""
        match = _LABEL.fullmatch(str(found.get("labels", {}).get(OPERATION, "")))
        if not match:
            return None
        return cls(match["model"], match["operation"])

    @property
    def label(self) -> str:
        """What the label holds."""
        return f"{self.model}_{self.operation}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a deployment is.

    Attributes:
        model: the id the deployed model will have.
        stage: Vertex's stage, in words.
        failure: why it failed, "" if it did not.
        done: nothing is under way any more.
    """

    model: str
    stage: str
    failure: str = ""
    done: bool = False

    @property
    def version(self) -> Version | None:
        """The version that is coming, None if none is."""
        if self.done:
            return None
        return Version(name=self.model, in_service=False, detail=self.stage)


def progress(api: Api, path: str, under: Under) -> Progress:
    """Ask the operation how far it is. One that Google has forgotten is over."""
    try:
        found = api.get(f"{path}/operations/{under.operation}")
    except NotFound:
        return Progress(under.model, "over", done=True)
    with understood("the operation"):
        if error := found.get("error"):
            return Progress(under.model, "failed", ended(error), done=True)
        stage = str(found.get("metadata", {}).get("deploymentStage", ""))
        words = STAGES.get(stage, stage.replace("_", " ").lower() or "deploying")
        return Progress(under.model, words, done=bool(found.get("done")))


def running_deployment(api: Api, path: str) -> Json:
    """The operation of the deployment under way on an endpoint, {} if none can be seen.

    For a deployment that was asked for, and the answer with the operation's name was lost.
    """
    try:
        found = list(api.pages(f"{path}/operations", "operations", {"pageSize": 100}))
    except (Denied, NotFound, Rejected):
        return {}
    with understood("operations"):
        running = [
            one
            for one in found
            if not one.get("done") and "DeployModel" in one.get("metadata", {}).get("@type", "")
        ]
        return max(running, key=_created, default={})


def _created(operation: Json) -> str:
    return str(operation.get("metadata", {}).get("genericMetadata", {}).get("createTime", ""))


def deployed_ids(found: Mapping[str, Any]) -> frozenset[str]:
    """The ids of an endpoint's deployed models."""
    return frozenset(str(model["id"]) for model in found.get("deployedModels", ()))
