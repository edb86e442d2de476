"""`canary init`: a canary.yaml for an endpoint that is there, its stages made from its traffic."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from canarycli.config import config_schema
from canarycli.config.writing import plan_data, write_flow, write_yaml
from canarycli.errors import CanaryError, UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.address import Address
from canarycli.operations.ci_job import ci_job
from canarycli.operations.start import Wanted, intend
from canarycli.operations.suggest import Aim, suggest
from canarycli.operations.visible import Visible
from canarycli.plan import Plan
from canarycli.release.decide.sentences import span
from canarycli.traffic import percent

CONFIG, SCHEMA = "canary.yaml", "canary.schema.json"
PLAN = "standard"

JOBS: Mapping[str, str] = {
    "github": ".github/workflows/canary-{name}.yml",
    "gitlab": "canary-{name}.gitlab-ci.yml",
    "azure": "canary-{name}.azure-pipelines.yml",
    "jenkins": "canary-{name}.Jenkinsfile",
}
"""Where the job of each CI system goes."""

SIGNS: Mapping[str, str] = {
    ".github": "github",
    ".gitlab-ci.yml": "gitlab",
    "azure-pipelines.yml": "azure",
    "Jenkinsfile": "jenkins",
}
"""What shows that a folder is of a CI system."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be written.

    Attributes:
        name: of the endpoint in canary.yaml.
        found: the endpoint.
        plan: how it would be released.
        why: where the stages come from, in a sentence.
        traffic: the split of now.
    """

    name: str
    found: Visible
    plan: Plan
    why: str
    traffic: str

    @property
    def stages(self) -> str:
        """`5% 15 min → 25% 20 min → 100%`."""
        each = (
            f"{percent(stage.percent)} {span(stage.bake)}" if stage.bake else percent(stage.percent)
            for stage in self.plan.stages
        )
        return " → ".join(each)


def propose(found: Visible, stages: str | None = None, bake: str | None = None) -> Proposal:
    """A plan for an endpoint: from its traffic, or with the stages that were asked for.

    Raises:
        CanaryError: the endpoint can't be looked at, or the stages make no sense.
    """
    address = Address(endpoint=found.name, provider=found.provider, settings=found.settings)
    wanted = Wanted("", None, None, stages, bake, None, ())
    intent = intend(address, wanted, os.environ, vague=True)
    plan, why = intent.release.plan, "as they were asked for"
    if stages is None:
        try:
            made = suggest(intent, Aim())
            plan = made.made.plan
            requests = made.traffic.per_minute / 60
            why = f"made for about {requests:,.3g} requests a second"
        except CanaryError as error:
            why = f"the usual ones: {error.message}"
    traffic = ", ".join(f"{n} {s:g}%" for n, s in intent.endpoint.traffic.shares.items() if s)
    return Proposal(plain_name(found.title), found, replace(plan, name=PLAN), why, traffic)


def plain_name(title: str) -> str:
    """A title as a name that needs no quotes anywhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.") or "endpoint"


def config_text(proposal: Proposal) -> str:
    """The whole canary.yaml, with what a reader wants to know beside it."""
    return "\n".join(_lines(proposal)) + "\n"


def write_config(proposal: Proposal, folder: Path, *, force: bool) -> tuple[str, ...]:
    """Write canary.yaml and its schema for editors; what was written, for people.

    Raises:
        UsageError: there is one already, or it can't be written.
    """
    text = config_text(proposal)
    write_new(folder / CONFIG, text, force=force)
    schema = json.dumps(config_schema(), indent=1) + "\n"
    write_new(folder / SCHEMA, schema, force=True)
    return (
        f"wrote {CONFIG}, {len(text.splitlines())} lines",
        f"wrote {SCHEMA}, for editors that complete YAML",
    )


def write_job(system: str, name: str, folder: Path, *, force: bool) -> str:
    """Write the job that releases the endpoint; says so in one line.

    Raises:
        UsageError: there is one already, or it can't be written.
    """
    file = folder / JOBS[system].format(name=name)
    text = ci_job(system, Address(endpoint=name, config=folder / CONFIG), os.environ)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_new(file, text, force=force)
    return f"wrote {file.relative_to(folder)}"


def refuse_existing(folder: Path, *, force: bool) -> None:
    """Raise where a canary.yaml would be lost."""
    if (folder / CONFIG).exists() and not force:
        raise UsageError(f"{CONFIG} is there already", hint="canary init --force replaces it")


def system_here(folder: Path) -> str:
    """The CI system that a folder is made for, "" if none shows."""
    return next((system for sign, system in SIGNS.items() if (folder / sign).exists()), "")


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write a file that is not there yet, or any with `force`."""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path.name} is there already", hint="--force replaces it") from error
    except OSError as error:
        raise UsageError(f"{path.name} can't be written: {error.strerror}") from error


def _lines(proposal: Proposal) -> Iterator[str]:
    found = proposal.found
    yield f"# yaml-language-server: $schema=./{SCHEMA}"
    yield "# What is released here and how. canary lint checks it, canary plan -m MODEL shows what"
    yield "# a release would do, canary start -m MODEL does it."
    yield "version: 1"
    yield ""
    yield "endpoints:"
    yield f"  {proposal.name}:" + (f"  # {proposal.traffic}" if proposal.traffic else "")
    entry: dict[str, Any] = {"provider": found.provider, **found.settings}
    if found.name != proposal.name:
        entry["endpoint"] = found.name
    yield from (f"    {key}: {write_flow([value])[1:-1]}" for key, value in entry.items())
    yield f"    plan: {PLAN}"
    yield ""
    yield "plans:"
    origin = proposal.why.partition(": ")[0]  # what went wrong once is not for a file
    yield f"  # stages {origin}"
    yield f"  {PLAN}:"
    written = dict(plan_data(proposal.plan))
    yield "    stages:  # the share of the new version, and how long it stays there at least"
    yield from (f"      - {write_flow(stage)}" for stage in written.pop("stages"))
    if any(stage.leeway > 1 for stage in proposal.plan.stages):
        yield "      # leeway: so early, a check passes within so many times its limit"
    yield "      # {percent: 50, bake: 20m, then: hold} would wait for canary promote"
    if checks := written.pop("checks", []):
        yield "    checks:  # what decides; role: watch only shows"
        yield from (f"      - {write_flow(check)}" for check in checks)
    if written:
        yield from _indented(write_yaml(written), 4)
    yield "    # usual, and only written where it is to differ:"
    yield "    # read_every: 1m        how often the metrics are read"
    yield "    # fails_after: 3        so many bad readings in a row roll back"
    yield "    # on_unclear: {pause: 30m, then: rollback}"
    yield "    # on_no_metrics: {pause: 10m, then: rollback}"


def _indented(text: str, by: int) -> Iterator[str]:
    return (f"{'':<{by}}{line}" for line in text.splitlines())
