"""`canary ci`: print a job for a CI system, or a step of a pipeline."""

import os
from enum import StrEnum
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import WithoutRelease
from canarycli.operations.ci_job import ci_job
from canarycli.operations.workspace import records_place

OWN_RECORDS = (
    "note: each job is a machine of its own; for canary promote to know the release there, "
    "set state: in canary.yaml to s3://, gs://, az:// or postgresql://"
)


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
    *,
    stages_as_jobs: Annotated[
        bool,
        Option("--stages-as-jobs", help="A job up to each stage at which a person decides"),
    ] = False,
) -> int:
    """Print a job for a CI system, or a step of a pipeline in Python.

    It starts the release, keeps its report, and goes back where the job ends before the
    release does. Paste it into a file: canary ci github > .github/workflows/release.yml
    The steps for SageMaker, Vertex AI and Airflow take your canary.yaml along.
    """
    job = ci_job(system.value, common.address, os.environ, stages_as_jobs=stages_as_jobs)
    with Output(common) as output:
        output.text(job)
        apart = stages_as_jobs and system is not System.JENKINS
        if apart and "://" not in records_place(os.environ, common.config):
            output.say(OWN_RECORDS)
    return 0
