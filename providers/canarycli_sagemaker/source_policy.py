"""The permissions for what a plan reads on AWS besides the endpoint: label files, and Athena."""

from collections.abc import Iterator
from typing import Any

from canarycli.permissions import Needs

ATHENA = (
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:StopQueryExecution",
)
TABLES = ("glue:GetTable", "glue:GetPartitions")
FILES = ("s3:ListBucket", "s3:GetObject", "s3:PutObject")
"""Of a table, and of the place for results; canary.yaml knows neither: narrow them by hand."""


def statements(needs: Needs, partition: str, where: str) -> Iterator[dict[str, Any]]:
    """One for each thing to be read; `where` is `region:account`."""
    bucket, _, prefix = needs.labels.removeprefix("s3://").partition("/")
    s3 = f"arn:{partition}:s3:::"
    if bucket and needs.labels.startswith("s3://"):
        inside = "/".join(filter(None, (bucket, prefix.strip("/"), "*")))
        yield _allow("ReadLabels", ("s3:GetObject",), f"{s3}{inside}")
        yield _allow("FindLabels", ("s3:ListBucket",), f"{s3}{bucket}")
    if "athena" in needs.sources:
        yield _allow("AskAthena", ATHENA, f"arn:{partition}:athena:{where}:workgroup/*")
        yield _allow("ReadTables", TABLES, "*")
        yield _allow("ReadTheirFiles", FILES, f"{s3}*")


def _allow(sid: str, actions: tuple[str, ...], on: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": on}
