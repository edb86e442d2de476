"""`canary --version --verbose`: what a bug report has to say of the machine, and no secret."""

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version

from canarycli import __version__
from canarycli.registry import GROUP, OURS, described

PACKAGES = (
    *("typer", "rich", "pydantic", "pyyaml", "tenacity"),
    *("botocore", "google-auth", "requests", "azure-core", "azure-identity"),
    *("azure-ai-ml", "google-cloud-aiplatform", "obstore", "psycopg", "apprise"),
)
"""What canary is built on, and what its extras bring."""


def versions() -> Iterator[str]:
    """One line each: canary, Python, the system, the packages, other people's providers."""
    yield f"canary {__version__}"
    yield f"python {platform.python_version()} ({platform.python_implementation()})"
    yield f"system {platform.system()} {platform.release()} {platform.machine()}"
    yield f"stdout {sys.stdout.encoding}, terminal {'yes' if sys.stdout.isatty() else 'no'}"
    for name in PACKAGES:
        yield f"{name} {_installed(name)}"
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        if entry.name not in OURS:
            yield described(entry.name)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
