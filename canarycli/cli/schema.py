"""canary schema: print a JSON Schema."""

from enum import StrEnum
from typing import Annotated

from typer import Argument

from canarycli.cli.options import Local
from canarycli.cli.output import Output


class Document(StrEnum):
    """What a schema is of."""

    CONFIG = "config"
    STATUS = "status"
    EVENTS = "events"
    REPORT = "report"


def schema(
    common: Local,
    of: Annotated[
        Document, Argument(help="canary.yaml, canary status -o json, a line of ndjson, or a report")
    ] = Document.CONFIG,
) -> None:
    """Print the JSON Schema of canary.yaml, or of what canary prints."""
    from canarycli.cli import schemas
    from canarycli.config import config_schema

    make = {
        Document.CONFIG: config_schema,
        Document.STATUS: schemas.status_schema,
        Document.EVENTS: schemas.events_schema,
        Document.REPORT: schemas.report_schema,
    }[of]
    with Output(common) as output:
        output.document(make())
