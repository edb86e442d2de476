"""canary schema: print a JSON Schema."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from typer import Argument

from canarycli.cli.options import Local
from canarycli.cli.output import Output


class Document(StrEnum):
    """What a schema is of."""

    CONFIG = "config"
    STATUS = "status"
    EVENTS = "events"


def schema(
    common: Local,
    of: Annotated[
        Document, Argument(help="canary.yaml, canary status -o json, or one line of ndjson")
    ] = Document.CONFIG,
) -> None:
    """Print the JSON Schema of canary.yaml, or of what canary prints."""
    from canarycli.cli import schemas
    from canarycli.config import config_schema

    makers: Mapping[Document, Callable[[], dict[str, Any]]] = {
        Document.CONFIG: config_schema,
        Document.STATUS: schemas.status_schema,
        Document.EVENTS: schemas.events_schema,
    }
    with Output(common) as output:
        output.document(makers[of]())
