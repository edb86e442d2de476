"""The least permissions for what is to be done, as a custom role of Google Cloud IAM."""

from typing import Any

ROLLBACK = ("aiplatform.endpoints.get", "aiplatform.endpoints.update")
"""Enough for `canary status`, `canary shift` and `canary rollback`."""

WATCH = ("monitoring.timeSeries.list",)
BY_NAME = ("aiplatform.endpoints.list",)
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


def policy(
    *,
    watches: bool = True,
    deploys: bool = False,
    uploads: bool = False,
    finds_by_name: bool = True,
    reads_answers: bool = False,
) -> dict[str, Any]:
    """A custom role, as JSON values that `gcloud iam roles create --file` takes.

    Where the deployed model runs as a service account, deploying also needs
    `iam.serviceAccounts.actAs` on that account; a role for a whole project is not the place for it.

    Args:
        watches: the release is judged.
        deploys: the candidate is brought in and taken away.
        uploads: it is made of a person's files.
        finds_by_name: the endpoint is called by its display name, not by its id.
        reads_answers: what the request-response log keeps is judged.
    """
    permissions = [*ROLLBACK]
    permissions += BY_NAME if finds_by_name else ()
    permissions += WATCH if watches else ()
    permissions += DEPLOY if deploys or uploads else ()
    permissions += ANSWERS if reads_answers else ()
    permissions += UPLOAD if uploads else ()
    return {
        "title": "Canary releases",
        "description": "Look at, shift and watch Vertex AI endpoints.",
        "stage": "GA",
        "includedPermissions": sorted(permissions),
    }
