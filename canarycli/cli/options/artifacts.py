"""The options that say what a driven release leaves in files."""

from pathlib import Path
from typing import Annotated

from typer import Option

JUnit = Annotated[
    Path | None, Option(metavar="FILE", help="Write a JUnit report there, whatever the outcome")
]
Summary = Annotated[
    str | None,
    Option(metavar="FILE|none", help="Add a Markdown summary there; in CI its own by itself"),
]
Report = Annotated[
    Path | None, Option(metavar="FILE", help="Write an HTML report there, whatever the outcome")
]
