"""The least a role needs for a release, as a custom role that `az role definition create` takes."""

from typing import Any

from canarycli.provider import Needs

ONLINE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
ROLLBACK = (
    f"{ONLINE}/read",
    f"{ONLINE}/write",
    f"{ONLINE}/deployments/read",
    "Microsoft.Insights/metrics/read",
)
"""A rollback's own needs first: the first two move traffic, the third shows where to, the fourth
lets the release be judged."""

DEPLOY = (
    f"{ONLINE}/deployments/write",
    f"{ONLINE}/deployments/delete",
    f"{ONLINE}/deployments/getLogs/action",
    "Microsoft.MachineLearningServices/workspaces/models/versions/read",
)
"""To bring a candidate in, to take it away, and to see why it failed."""

SMOKE = (f"{ONLINE}/listKeys/action", f"{ONLINE}/token/action")
"""To call one deployment; an endpoint with Entra's tokens wants a role with `score/action`."""

ANSWERS = (
    "Microsoft.MachineLearningServices/workspaces/datastores/read",
    "Microsoft.MachineLearningServices/workspaces/data/versions/read",
)
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
"""To find and to read what data collectors keep; the last is an action on data."""

LOCAL = (
    "Microsoft.MachineLearningServices/workspaces/read",
    "Microsoft.MachineLearningServices/locations/mfeOperationsStatus/read",
    "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action",
    "Microsoft.MachineLearningServices/workspaces/codes/write",
    "Microsoft.MachineLearningServices/workspaces/codes/versions/read",
    "Microsoft.MachineLearningServices/workspaces/codes/versions/write",
    "Microsoft.MachineLearningServices/workspaces/models/versions/write",
    "Microsoft.MachineLearningServices/workspaces/environments/versions/read",
    "Microsoft.MachineLearningServices/workspaces/environments/versions/write",
)
"""Besides, for a deployment from a person's own files: what azure-ai-ml reads and uploads."""


def policy(scope: str, needs: Needs) -> dict[str, Any]:
    """A custom role, as JSON values.

    Args:
        scope: the workspace's resource id; a role can't be defined for an endpoint alone, but it
            can be assigned at one.
        needs: what else is to be done than moving traffic.
    """
    actions = [
        *(ROLLBACK if needs.watches else ROLLBACK[:-1]),
        *(DEPLOY if needs.deploys or needs.uploads else ()),
        *(SMOKE if needs.smokes else ()),
        *(ANSWERS if needs.answers else ()),
        *(LOCAL if needs.uploads else ()),
    ]
    return {
        "Name": "canary release",
        "IsCustom": True,
        "Description": "Move traffic between deployments, read their metrics, go back",
        "Actions": actions,
        "NotActions": [],
        **({"DataActions": [BLOBS]} if needs.answers else {}),
        "AssignableScopes": [scope.partition("/providers/")[0]],
    }
