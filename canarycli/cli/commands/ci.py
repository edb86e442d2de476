"""`canary ci`: print a job for a CI system, or a step of a pipeline."""

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
    SAGEMAKER = "sagemaker"
    VERTEX = "vertex"
    AIRFLOW = "airflow"


def ci(
    common: WithoutRelease,
    system: Annotated[System, Argument(help="What the job runs on")],
) -> int:
    """Print a job for a CI system, or a step of a pipeline in Python.

    It starts the release, keeps its report, and goes back where the job ends before the
    release does. Paste it into a file: canary ci github > .github/workflows/release.yml
    The steps for SageMaker, Vertex AI and Airflow take your canary.yaml along.
    """
    write(sys.stdout, ci_job(system.value, common.address, os.environ))
    return 0
