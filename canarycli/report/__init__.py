"""What a release was, from its record and its journal: Markdown, JUnit, HTML, JSON. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from canarycli.report.document import report_document, report_json
from canarycli.report.junit import junit
from canarycli.report.markdown import markdown
from canarycli.report.page import page
from canarycli.report.story import Story, told

WRITERS: Mapping[str, Callable[[Story, Mapping[str, Any]], str]] = {
    "html": page,
    "markdown": lambda story, _: markdown(story),
    "json": lambda _, document: report_json(document),
    "junit": lambda story, _: junit(story),
}
"""By format: what makes the text from a story and the same as JSON values."""

__all__ = ["WRITERS", "Story", "junit", "markdown", "page", "report_document", "told"]
