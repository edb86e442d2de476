"""canary schema: print a JSON Schema."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from typer import Argument

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Local


class Document(StrEnum):
    """What a schema is of."""

    CONFIG = "config"
    STATUS = "status"
    EVENTS = "events"
    REPORT = "report"
    SERIES = "series"
    VERDICT = "verdict"


def schema(
    common: Local,
    of: Annotated[
        Document,
        Argument(
            help="canary.yaml, canary status -o json, one line of ndjson, canary report "
            "--format json, or a line into and out of canary check --from"
        ),
    ] = Document.CONFIG,
) -> None:
    """Print the JSON Schema of canary.yaml, or of what canary prints."""
    from canarycli.cli.display import schemas
    from canarycli.config import config_schema
    from canarycli.series import SERIES_SCHEMA, VERDICT_SCHEMA

    makers: Mapping[Document, Callable[[], dict[str, Any]]] = {
        Document.CONFIG: config_schema,
        Document.STATUS: schemas.status_schema,
        Document.EVENTS: schemas.events_schema,
        Document.REPORT: schemas.report_schema,
        Document.SERIES: lambda: SERIES_SCHEMA,
        Document.VERDICT: lambda: VERDICT_SCHEMA,
    }
    with Output(common) as output:
        output.document(makers[of]())
