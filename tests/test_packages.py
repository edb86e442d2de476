"""What an extra installs is what its provider imports, and no more."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
EXTRAS: Mapping[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]
CORE = {"typer", "rich", "pydantic", "pyyaml", "tenacity", "jmespath"}
CLOUDS = ("sagemaker", "vertex", "azureml")
UPLOADS = {"upload.py", "sdk.py", "storage.py", "yaml_deploy.py"}
"""The files that run in a process of their own, to deploy from local files."""

MOST_MEGABYTES = 25
"""Of packages that a lean extra brings; see docs/decisions."""

MODULES = {
    "azure.ai": "azure-ai-ml",
    "azure.core": "azure-core",
    "azure.identity": "azure-identity",
    "azure.storage": "azure-storage-blob",
}
MODULES |= {"google.auth": "google-auth", "google.oauth2": "google-auth"}
MODULES |= {
    "google.api_core": "google-api-core",
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.storage": "google-cloud-storage",
}
"""Whose a module of a shared namespace is."""

BROUGHT_ALONG = {"marshmallow": "azure-ai-ml"}
"""What a package raises of another one's."""


def imported(cloud: str, *, uploads: bool) -> set[str]:
    """The distributions a provider imports; those of its upload process, or of all the rest."""
    files = sorted((ROOT / "providers" / f"canarycli_{cloud}").glob("*.py"))
    chosen = [file for file in files if (file.name in UPLOADS) == uploads]
    return {found for file in chosen for name in modules(file) if (found := owner(name))}


def modules(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def owner(module: str) -> str:
    """The distribution a module comes from, "" for ours, the standard library and a namespace."""
    top = module.split(".", maxsplit=1)[0]
    if top in sys.stdlib_module_names or top.startswith("canarycli"):
        return ""
    if top in {"google", "azure"}:
        parts = module.split(".")
        return MODULES.get(".".join(parts[:3])) or MODULES.get(".".join(parts[:2]), "")
    found = packages_distributions()[top][0]
    return BROUGHT_ALONG.get(top, found.lower())


def named(extra: str) -> set[str]:
    """The distributions an extra asks for by itself."""
    names = {re.split(r"[<>=\[ ;]", requirement)[0] for requirement in EXTRAS[extra]}
    return names - {"canarycli"}


@pytest.mark.slow
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_lean_extra_is_what_driving_and_rolling_back_import(cloud: str) -> None:
    assert named(cloud) == imported(cloud, uploads=False) - CORE


@pytest.mark.slow
@pytest.mark.parametrize("cloud", [c for c in CLOUDS if f"{c}-upload" in EXTRAS])
def test_an_upload_extra_is_what_the_upload_imports_besides(cloud: str) -> None:
    assert named(f"{cloud}-upload") == imported(cloud, uploads=True) - named(cloud) - CORE
    assert f"canarycli[{cloud}]" in EXTRAS[f"{cloud}-upload"]


def test_all_is_all_of_them() -> None:
    (everything,) = EXTRAS["all"]

    inside = set(everything.removeprefix("canarycli[").removesuffix("]").split(","))
    uploads = {extra for extra in EXTRAS if extra.endswith("-upload")}
    assert inside >= uploads
    assert {extra.removesuffix("-upload") for extra in inside} >= set(CLOUDS)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_image_for_on_call_stays_small(cloud: str) -> None:
    brought = closure(named(cloud)) - closure(CORE)

    size = sum(megabytes(name) for name in brought)
    assert 3 < size < MOST_MEGABYTES, sorted(brought)


SIGNING_IN = {"sso", "sso-oidc", "signin", "sts"}
"""The services of AWS that botocore gets credentials from."""


def test_an_image_keeps_what_botocore_knows_of_the_services_that_are_asked() -> None:
    recipe = (ROOT / "docs/recipes/Dockerfile").read_text(encoding="utf-8")
    api = (ROOT / "providers/canarycli_sagemaker/api.py").read_text(encoding="utf-8")

    kept = re.findall(r"! -regex '\.\*/\(([a-z0-9|-]+)\)'", recipe)

    asked = set(re.findall(r"_build\(\"([a-z0-9-]+)\"", api))
    assert len(kept) == 1
    assert set(kept[0].split("|")) == asked | SIGNING_IN


def closure(names: set[str]) -> set[str]:
    """Distributions with all that they need without extras."""
    found: set[str] = set()
    todo = [name.lower() for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        required = distribution(name).requires or []
        todo += [
            re.split(r"[<>=!~\[ ;(]", text)[0].lower()
            for text in required
            if "extra ==" not in text and "platform_system" not in text and wanted_here(text)
        ]
    return found


def wanted_here(requirement: str) -> bool:
    """Whether a requirement without an extra holds on this machine's Python."""
    _, _, marker = requirement.partition(";")
    old = re.search(r"python_version\s*<=?\s*['\"](\d+)\.(\d+)", marker)
    return not (old and (int(old[1]), int(old[2])) <= sys.version_info[:2])


def megabytes(name: str) -> float:
    files = [f.locate() for f in distribution(name).files or [] if not str(f).endswith(".pyc")]
    return sum(Path(str(f)).stat().st_size for f in files if Path(str(f)).is_file()) / 1e6


def test_every_client_of_a_cloud_has_an_oldest_and_a_newest_version() -> None:
    clouds = [extra for extra in EXTRAS if extra.removesuffix("-upload") in CLOUDS]
    needed = {r for extra in clouds for r in EXTRAS[extra] if not r.startswith("canarycli")}
    bounds = {re.sub(r">=([0-9.]+),<\d+$", r"==\1", requirement) for requirement in needed}

    told = subprocess.run(
        ["bash", ROOT / ".ci" / "clients", "print"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(told.stdout.split()) == bounds
    assert all("==" in bound for bound in bounds), bounds


def test_ci_tries_the_oldest_and_the_newest() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/clients.yml").read_text())

    job = workflow["jobs"]["providers"]
    assert job["strategy"]["matrix"]["clients"] == ["oldest", "newest"]
    assert job["steps"][-1]["run"].startswith(".ci/clients ")
