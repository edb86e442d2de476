"""What a release was, from its record and its journal: Markdown, JUnit, HTML, JSON. Pure."""

from canarycli.report.document import report_document
from canarycli.report.junit import junit
from canarycli.report.markdown import markdown
from canarycli.report.page import page
from canarycli.report.story import Story, told

__all__ = ["Story", "junit", "markdown", "page", "report_document", "told"]
