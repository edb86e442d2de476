"""An endpoint to start from."""

from typing import Any

from .server import Server

ENDPOINT = "1000"


def seed(server: Server) -> None:
    """Endpoint 1000 `churn`: 11 is models/500@1 and has all the traffic, 22 is models/500@2."""
    for number in ("1", "2", "3"):
        aliases = ["golden"] if number == "3" else []
        server.cloud.put_model("500", number, {"displayName": "churn", "versionAliases": aliases})
    server.cloud.put_endpoint(
        ENDPOINT,
        {
            "displayName": "churn",
            "labels": {"team": "fraud"},
            "deployedModels": [deployed("11", "1", replicas=2), deployed("22", "2")],
            "trafficSplit": {"11": 100},
        },
    )


def deployed(model_id: str, version: str, replicas: int = 1) -> dict[str, Any]:
    """A deployed model as the API shows it."""
    return {
        "id": model_id,
        "model": "projects/424242424242/locations/europe-west4/models/500",
        "modelVersionId": version,
        "displayName": f"churn-v{version}",
        "dedicatedResources": {
            "machineSpec": {"machineType": "n1-standard-4"},
            "minReplicaCount": replicas,
            "maxReplicaCount": replicas,
        },
        "status": {"availableReplicaCount": replicas},
    }
