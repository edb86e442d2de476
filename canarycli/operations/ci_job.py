"""A job for a CI system that releases one endpoint, ready to be pasted."""

from collections.abc import Mapping
from importlib.resources import files
from shlex import join, quote

from canarycli.errors import UsageError
from canarycli.operations.address import Address
from canarycli.operations.target import Finder, Target, entries_of
from canarycli.registry import OURS
from canarycli.store.memory import MemoryStore

TEMPLATES: Mapping[str, str] = {
    "github": "github.yml",
    "gitlab": "gitlab.yml",
    "azure": "azure.yml",
    "jenkins": "Jenkinsfile",
}
"""The file of each system; pipelines in Python are in docs/python.md."""

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


def ci_job(system: str, address: Address, env: Mapping[str, str]) -> str:
    """The job for the endpoint that is meant: by name, or the only one of canary.yaml.

    Raises:
        UsageError: nothing says which endpoint, or which cloud it is on.
    """
    target = _target(address, env)
    text = files("canarycli").joinpath("ci", TEMPLATES[system]).read_text(encoding="utf-8")
    words = {
        "github_sign_in": _github_sign_in(target.provider),
        "azure_sign_in": AZURE_SIGN_IN,
        "endpoint": target.config.name if target.config else target.name,
        "extra": target.provider if target.provider in OURS else "all",
        "flags": _flags(target),
        "region": str(target.settings.get("region", "")),
        "subscription": str(target.settings.get("subscription", "")),
    }
    for word, value in words.items():
        text = text.replace(f"%%{word}%%", value)
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def _github_sign_in(provider: str) -> str:
    if provider not in GITHUB_SIGN_IN:
        return ""
    action, given = GITHUB_SIGN_IN[provider]
    lines = [f"      - uses: {action}", "        with:"]
    return "\n".join([*lines, *(f'          {key}: "{value}"' for key, value in given.items())])


def _target(address: Address, env: Mapping[str, str]) -> Target:
    finder = Finder(address, MemoryStore(), entries_of(address, env))
    target = finder.named(address.word) if address.word else finder.meant(lambda _: None)
    if quote(target.name) != target.name:
        raise UsageError(
            f"{target.name!r} can't stand in a job as it is",
            hint="give it a plain name in canary.yaml, with endpoint: for the cloud's own",
        )
    return target


def _flags(target: Target) -> str:
    """What the command has to be told where no canary.yaml says it."""
    if target.config is not None:
        return ""
    given = {"provider": target.provider, **target.kept}
    flags = [(f"--{name.replace('_', '-')}", str(value)) for name, value in given.items()]
    return " " + join(word for flag in flags for word in flag)
