"""The canary.yaml that a step of a pipeline takes along, as it runs far from the repository."""

import tomllib
from collections.abc import Mapping

from canarycli.config import plan_from_options
from canarycli.config.discover import discover, here
from canarycli.config.writing import plan_data, write_yaml
from canarycli.operations.address import Address
from canarycli.operations.target import Target

STAGES, BAKE = "5,25,50,100", "15m"
"""The plan of an endpoint that names none."""
PLAN = "standard"


def config_along(target: Target, address: Address, env: Mapping[str, str]) -> str:
    """The file as it is; without one, an entry for the endpoint with the usual plan."""
    file = discover(address.config, cwd=here(), env=env)
    if target.config is None or file is None:
        entry = {"provider": target.provider, **target.kept, "plan": PLAN}
        plan = plan_data(plan_from_options(stages=STAGES, bake=BAKE))
        endpoints = {target.name: entry}
        return write_yaml({"version": 1, "endpoints": endpoints, "plans": {PLAN: plan}})
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".toml":
        return write_yaml(tomllib.loads(text)["tool"]["canary"])
    return text


def in_python(text: str) -> str:
    """A text as it stands between three quotes in Python."""
    return text.rstrip("\n").replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
