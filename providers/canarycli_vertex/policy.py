"""The least permissions for what is to be done, as a custom role of Google Cloud IAM."""

from collections.abc import Mapping
from typing import Any

from canarycli.permissions import Needs

ROLLBACK = ("aiplatform.endpoints.get", "aiplatform.endpoints.update")
"""Enough for `canary status`, `canary shift` and `canary rollback`."""

BY_NAME = ("aiplatform.endpoints.list",)
"""To find an endpoint by its display name, and to see which there are."""

ANSWERS = ("bigquery.jobs.create", "bigquery.tables.get", "bigquery.tables.getData")
"""To read the request-response log; the last two can be granted on its dataset alone."""

DEPLOY = (
    "aiplatform.endpoints.deploy",
    "aiplatform.endpoints.undeploy",
    "aiplatform.models.get",
    "aiplatform.models.list",
    "aiplatform.operations.list",
)
UPLOAD = (
    "aiplatform.models.upload",
    "aiplatform.models.delete",
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.list",
)
GRANTS: Mapping[str, tuple[str, ...]] = {
    "watches": ("monitoring.timeSeries.list",),
    "deploys": DEPLOY,
    "uploads": (*DEPLOY, *UPLOAD),
    "answers": ANSWERS,
}
"""What each field of `Needs` takes besides; every call of the code and of Google's SDK is here."""


def policy(needs: Needs, *, finds_by_name: bool = True) -> dict[str, Any]:
    """A custom role, as JSON values that `gcloud iam roles create --file` takes.

    Where the deployed model runs as a service account, deploying also needs
    `iam.serviceAccounts.actAs` on that account; a role for a whole project is not the place for it.

    Args:
        needs: what is to be done.
        finds_by_name: the endpoint is called by its display name, not by its id.
    """
    asked = (permissions for need, permissions in GRANTS.items() if getattr(needs, need))
    tables = ANSWERS if "bigquery" in needs.sources else ()
    permissions = {*ROLLBACK, *tables, *(BY_NAME if finds_by_name else ())}.union(*asked)
    return {
        "title": "Canary releases",
        "description": "Look at, shift and watch Vertex AI endpoints.",
        "stage": "GA",
        "includedPermissions": sorted(permissions),
    }
