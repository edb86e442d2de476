"""The least a role needs for a release, as a custom role that `az role definition create` takes."""

from collections.abc import Mapping
from typing import Any

from canarycli.permissions import Needs

ONLINE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
ROLLBACK = (
    f"{ONLINE}/read",
    f"{ONLINE}/write",
    f"{ONLINE}/deployments/read",
)
"""The first two move traffic, the third shows where to."""

WATCH = ("Microsoft.Insights/metrics/read",)
"""To judge the release."""

DEPLOY = (
    f"{ONLINE}/deployments/write",
    f"{ONLINE}/deployments/delete",
    f"{ONLINE}/deployments/getLogs/action",
    "Microsoft.MachineLearningServices/workspaces/models/versions/read",
)
"""To bring a candidate in, to take it away, and to see why it failed."""

WHY = ("Microsoft.MachineLearningServices/locations/mfeOperationsStatus/read",)
"""To say why a deployment failed in Azure's own words; it counts on the subscription alone."""

SMOKE = (f"{ONLINE}/listKeys/action", f"{ONLINE}/token/action")
"""To call one deployment; an endpoint with Entra's tokens wants a role with `score/action`."""

ANSWERS = (
    "Microsoft.MachineLearningServices/workspaces/datastores/read",
    "Microsoft.MachineLearningServices/workspaces/data/versions/read",
)
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
"""To find and to read what data collectors keep; the last is an action on data."""

LOGS = ("Microsoft.OperationalInsights/workspaces/query/*/read",)
"""To ask a workspace of Log Analytics; it counts where that workspace is."""

LOCAL = (
    "Microsoft.MachineLearningServices/workspaces/read",
    "Microsoft.MachineLearningServices/workspaces/datastores/read",
    "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action",
    "Microsoft.MachineLearningServices/workspaces/codes/write",
    "Microsoft.MachineLearningServices/workspaces/codes/versions/read",
    "Microsoft.MachineLearningServices/workspaces/codes/versions/write",
    "Microsoft.MachineLearningServices/workspaces/models/read",
    "Microsoft.MachineLearningServices/workspaces/models/versions/write",
    "Microsoft.MachineLearningServices/workspaces/models/versions/delete",
    "Microsoft.MachineLearningServices/workspaces/environments/versions/read",
    "Microsoft.MachineLearningServices/workspaces/environments/versions/write",
)
"""Besides, for a deployment from a person's own files: what azure-ai-ml reads and uploads."""

GRANTS: Mapping[str, tuple[str, ...]] = {
    "watches": WATCH,
    "deploys": (*DEPLOY, *WHY),
    "uploads": (*DEPLOY, *WHY, *LOCAL),
    "smokes": SMOKE,
    "answers": ANSWERS,
}
"""What each field of `Needs` takes besides; every call of the code is in one of these."""


def policy(scope: str, needs: Needs) -> dict[str, Any]:
    """A custom role, as JSON values.

    Args:
        scope: the workspace's resource id; a role can't be defined for an endpoint alone, but it
            can be assigned at one.
        needs: what else is to be done than moving traffic.
    """
    asked = [action for need, more in GRANTS.items() if getattr(needs, need) for action in more]
    logs = LOGS if "azure_logs" in needs.sources else ()
    actions = list(dict.fromkeys((*ROLLBACK, *asked, *logs)))
    return {
        "Name": "canary release",
        "IsCustom": True,
        "Description": "Move traffic between deployments, read their metrics, go back",
        "Actions": actions,
        "NotActions": [],
        **({"DataActions": [BLOBS]} if needs.answers else {}),
        "AssignableScopes": [scope.partition("/providers/")[0]],
    }
