"""`canary init`: write canary.yaml for an endpoint that is there, and the CI job."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from canarycli.cli.display.output import Output
from canarycli.cli.display.pick import pick
from canarycli.cli.display.prompt import ask, ask_word, confirm
from canarycli.cli.options import release as options
from canarycli.cli.options.common import Common, WithoutRelease
from canarycli.errors import Unplaced, UsageError
from canarycli.operations.init import (
    propose,
    refuse_existing,
    system_here,
    write_config,
    write_job,
)
from canarycli.operations.target import Choice, kind_of
from canarycli.operations.visible import CLOUDS, Visible, visible

NAMES = {"sagemaker": "Amazon SageMaker", "vertex": "Google Vertex AI", "azureml": "Azure ML"}


class Job(StrEnum):
    """Whose job to write."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE = "azure"
    JENKINS = "jenkins"
    NONE = "none"


def init(
    common: WithoutRelease,
    *,
    stages: options.Stages = None,
    bake: options.Bake = None,
    ci: Annotated[
        Job | None, Option(help="Write the job for this CI system too; else asks where one shows")
    ] = None,
    force: Annotated[bool, Option("--force", help="Replace files that are there")] = False,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False,
) -> int:
    """Write canary.yaml with a short interview.

    It asks the cloud which endpoints there are, makes the stages from the traffic of the
    one that is picked, and writes canary.yaml, its schema for editors, and a job for the
    CI system of the repository. Nothing in the cloud is changed.
    """
    folder = Path.cwd()
    with Output(common) as output:
        refuse_existing(folder, force=force)
        found = _endpoint(common, _provider(common))
        proposal = propose(found, stages, bake)
        output.say(f" {found.line}")
        output.say(f" plan    {proposal.stages}")
        output.say(f"         {proposal.why}")
        for check in proposal.plan.checks:
            output.say(f" check   {check.name}")
        if not yes and common.may_ask:
            confirm(common, "Write canary.yaml?", yes=False)
        lines = list(write_config(proposal, folder, force=force))
        if system := _system(common, ci, folder, yes=yes):
            lines.append(write_job(system, proposal.name, folder, force=force))
        name = proposal.name
        output.result(
            {"endpoint": name, "provider": found.provider, "stages": proposal.stages},
            [*lines, f"next: canary doctor {name}   then: canary plan {name} -m MODEL"],
        )
        return 0


def _provider(common: Common) -> str:
    if common.provider is not None:
        return kind_of(common.provider)
    if not common.may_ask:
        raise UsageError(
            "nothing says which cloud to look at",
            hint=("canary init --provider sagemaker|vertex|azureml --endpoint NAME",),
        )
    return pick("Which cloud?", [Choice(name, NAMES[name]) for name in CLOUDS])


def _endpoint(common: Common, provider: str) -> Visible:
    """The endpoint that was named, else the only one there, else the one that is picked."""
    known = _visible(common, provider)
    if common.endpoint is not None:
        called = [one for one in known if common.endpoint in {one.name, one.title}]
        if called:
            return called[0]
        where = known[0].settings if known else common.address.settings
        return Visible(provider, common.endpoint, common.endpoint, where)
    if len(known) == 1:
        return known[0]
    if not known:
        raise UsageError(
            f"{provider} has no endpoint here",
            hint="another place? give --region, --project or --workspace",
        )
    if not common.may_ask:
        raise UsageError(
            f"{len(known)} endpoints are there",
            facts=[one.line for one in known],
            hint=f"name one: canary init --provider {provider} --endpoint {known[0].name}",
        )
    word = pick("Which endpoint?", [Choice(one.name, one.line) for one in known])
    return next(one for one in known if one.name == word)


def _visible(common: Common, provider: str) -> tuple[Visible, ...]:
    """The endpoints there are; a person is asked for what nothing says of the place."""
    settings = dict(common.address.settings)
    while True:
        try:
            return visible(provider, settings)
        except Unplaced as error:
            if not common.may_ask:
                raise
            settings |= {key: ask_word(f"Which {key.replace('_', ' ')}?") for key in error.missing}


def _system(common: Common, asked: Job | None, folder: Path, *, yes: bool) -> str:
    """The CI system to write a job for, "" for none."""
    if asked is not None:
        return "" if asked is Job.NONE else asked.value
    here = system_here(folder)
    if not here or not common.may_ask or os.environ.get("CI"):
        return ""
    return here if yes or _agrees(common, f"Write a job for {here} too?") else ""


def _agrees(common: Common, question: str) -> bool:
    """Whether a person agrees."""
    return ask(question, default=True, choice=common.color)
