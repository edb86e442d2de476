"""`canary ci`: print a job for a CI system."""

import os
import sys
from enum import StrEnum
from typing import Annotated

from typer import Argument

from canarycli.cli.display.output import write
from canarycli.cli.options.common import WithoutRelease
from canarycli.operations.ci_job import ci_job


class System(StrEnum):
    """Where jobs run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    JENKINS = "jenkins"


def ci(
    common: WithoutRelease,
    system: Annotated[System, Argument(help="The CI system it is for")],
) -> int:
    """Print a job for GitHub, GitLab, Azure DevOps or Jenkins.

    It signs in, starts the release, keeps its report, and goes back where the job is
    cancelled. Paste it into a file: canary ci github > .github/workflows/release.yml
    """
    write(sys.stdout, ci_job(system.value, common.address, os.environ))
    return 0
