"""A job for a CI system or a step of a pipeline that releases one endpoint, ready to be pasted."""

import re
from collections.abc import Mapping
from importlib.resources import files
from shlex import quote

from canarycli.config import load
from canarycli.config.discover import here
from canarycli.errors import UsageError
from canarycli.operations.address import Address
from canarycli.operations.ci_config import BAKE, STAGES, config_along, in_python
from canarycli.operations.ci_stages import Part, jobs, parts_of
from canarycli.operations.target import Finder, Target, entries_of
from canarycli.registry import OURS
from canarycli.store.memory import MemoryStore

TEMPLATES: Mapping[str, str] = {
    "github": "github.yml",
    "gitlab": "gitlab.yml",
    "azure": "azure.yml",
    "jenkins": "Jenkinsfile",
    "sagemaker": "sagemaker.txt",
    "vertex": "vertex.txt",
    "airflow": "airflow.txt",
}
"""The file of each system."""

IN_PYTHON = frozenset({"sagemaker", "vertex", "airflow"})
"""Those whose file is a module, blank lines and all."""

WAY_BACK = (
    "canary status --exit-status -q%%flags%% || [ $? -ne 20 ] || "
    'canary rollback -y --reason "the job ended before the release"%%flags%%'
)
"""The end of each job: back, if its release goes on (20) though nobody is left to drive it."""

GITHUB_SIGN_IN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "sagemaker": (
        "aws-actions/configure-aws-credentials@ececac1a45f3b08a01d2dd070d28d111c5fe6722 # v4.1.0",
        {
            "role-to-assume": "${{ vars.CANARY_ROLE }}",
            "aws-region": "%%region%%",
            "role-duration-seconds": "10800",
        },
    ),
    "vertex": (
        "google-github-actions/auth@ba79af03959ebeac9769e648f473a284504d9193 # v2.1.10",
        {
            "workload_identity_provider": "${{ vars.CANARY_IDENTITY }}",
            "service_account": "${{ vars.CANARY_ACCOUNT }}",
        },
    ),
    "azureml": (
        "azure/login@a457da9ea143d694b1b9c7c869ebb04ebe844ef5 # v2.3.0",
        {
            "client-id": "${{ vars.AZURE_CLIENT_ID }}",
            "tenant-id": "${{ vars.AZURE_TENANT_ID }}",
            "subscription-id": "%%subscription%%",
        },
    ),
}
"""The action that signs in to each cloud, by its commit, and what it is given."""

AZURE_SIGN_IN = (
    "      # a variable group or a service connection gives both scripts the credentials"
)


def ci_job(
    system: str, address: Address, env: Mapping[str, str], *, stages_as_jobs: bool = False
) -> str:
    """The job for the endpoint that is meant: by name, or the only one of canary.yaml.

    With `stages_as_jobs` there is one for each part of its plan, up to where a person decides.

    Raises:
        UsageError: nothing says which endpoint, or which cloud it is on; or its release can't be
            more than one job.
    """
    target = _target(address, env)
    parts = _parts(system, target, address, env) if stages_as_jobs else ()
    name = target.config.name if target.config else target.name
    words = {
        "way_back": WAY_BACK,
        "release_model": _file("release_model.txt").rstrip(),
        "github_sign_in": _github_sign_in(target.provider),
        "azure_sign_in": AZURE_SIGN_IN,
        "endpoint": name,
        "plain_name": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        "package": _package(target.provider),
        "flags": _flags(target),
        "plan": "" if _has_plan(target) else f" --stages {STAGES} --bake {BAKE}",
        "region": str(target.settings.get("region", "")),
        "subscription": str(target.settings.get("subscription", "")),
    }
    if system in IN_PYTHON:
        words["config"] = in_python(config_along(target, address, env))
    text = jobs(system, _file(TEMPLATES[system]), parts)
    for word, value in words.items():
        text = text.replace(f"%%{word}%%", value)
    if system in IN_PYTHON:
        return text
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def _parts(
    system: str, target: Target, address: Address, env: Mapping[str, str]
) -> tuple[Part, ...]:
    if system in IN_PYTHON:
        raise UsageError(f"a step of {system} does the whole release, from canary.yaml's plan")
    if target.config is None or target.config.plan is None:
        raise UsageError(
            f"{target.name} has no plan whose stages could be jobs",
            hint="name one in canary.yaml, with then: hold where a person decides",
        )
    config = load(address.config, cwd=here(), env=env)
    return parts_of(config.plans[target.config.plan])


def _file(name: str) -> str:
    return files("canarycli").joinpath("ci", name).read_text(encoding="utf-8")


def _package(provider: str) -> str:
    """What pip installs; a provider of somebody else's may take its figures from any cloud."""
    if provider == "simulator":
        return "canarycli"
    return f"canarycli[{provider if provider in OURS else 'all'}]"


def _has_plan(target: Target) -> bool:
    return target.config is not None and target.config.plan is not None


def _github_sign_in(provider: str) -> str:
    if provider not in GITHUB_SIGN_IN:
        return ""
    action, given = GITHUB_SIGN_IN[provider]
    lines = [f"      - uses: {action}", "        with:"]
    return "\n".join([*lines, *(f'          {key}: "{value}"' for key, value in given.items())])


def _target(address: Address, env: Mapping[str, str]) -> Target:
    finder = Finder(address, MemoryStore(), entries_of(address, env))
    target = finder.named(address.word) if address.word else finder.meant(lambda _: None)
    _refuse_odd(target.name)
    return target


def _flags(target: Target) -> str:
    """What the command has to be told where no canary.yaml says it."""
    if target.config is not None:
        return ""
    given = {"provider": target.provider, **target.kept}
    for name, value in given.items():
        _refuse_odd(str(value), f"as {name}")
    flags = [f"--{name.replace('_', '-')} {value}" for name, value in given.items()]
    return " " + " ".join(flags)


def _refuse_odd(word: str, what: str = "") -> None:
    """Raise for a word that a shell, YAML or Groovy would take for more than itself."""
    if quote(word) != word:
        raise UsageError(
            f"{word!r} can't stand in a job as it is{what and f', {what}'}",
            hint="say it in canary.yaml, with a plain name for the endpoint",
        )
