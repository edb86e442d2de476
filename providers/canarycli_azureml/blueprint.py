"""The body of a new deployment, made like the baseline's with another model in it. Pure."""

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass
from canarycli.likeness import likeness
from canarycli.provider import RELEASE_NOTE
from canarycli_azureml.body import Body
from canarycli_azureml.fields import DEPLOYMENT
from canarycli_azureml.models import Model

NAME_LENGTH = 32
_NAME = re.compile(r"[a-z](-?[a-z0-9])*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """What `candidate:` in canary.yaml may set; everything else is as the baseline's.

    Attributes:
        name: of the deployment; from the model's name and version if left out.
        instances: as many as the baseline has, if left out, so that it can take all the traffic.
        instance_type: the machines.
        environment: a registered environment, `name:version` or an id.
        file: a deployment in YAML of the person's own, which azure-ai-ml deploys.
    """

    name: str = ""
    instances: int | None = None
    instance_type: str = ""
    environment: str = ""
    file: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> "Options":
        """From canary.yaml.

        Raises:
            UsageError: there is no such option, or the number is none.
        """
        for key in given:
            if key not in cls.__slots__:
                raise UsageError(
                    f"azureml has no option {key!r} for a candidate",
                    hint=f"it has {', '.join(cls.__slots__)}",
                )
        count = given.get("instances")
        if count is not None and (not str(count).isdigit() or not 1 <= int(count) <= 50):
            raise UsageError(f"instances is {count!r}, not a number from 1 to 50")
        texts = {k: str(v) for k, v in given.items() if k != "instances" and v}
        _check_name(texts.get("name", ""))
        return cls(instances=None if count is None else int(count), **texts)

    def within(self, workspace: str) -> "Options":
        """The same with a whole environment's id, by the resource id of its workspace.

        Raises:
            UsageError: the environment has no version.
        """
        word = self.environment
        if not word or word.startswith(("/", "azureml://")):
            return self
        name, _, version = word.removeprefix("azureml:").partition(":")
        if not name or not version:
            raise UsageError(
                f"environment {word!r} has no version", hint="write it as name:version"
            )
        return replace(self, environment=f"{workspace}/environments/{name}/versions/{version}")


def _check_name(name: str) -> None:
    """Raise for a name that no deployment can have.

    Raises:
        UsageError: it breaks Azure's rules.
    """
    if name and not (_NAME.fullmatch(name) and 3 <= len(name) <= NAME_LENGTH):
        raise UsageError(
            f"no deployment can be called {name!r}",
            hint=f"a name has 3 to {NAME_LENGTH} letters, digits and single dashes, a letter first",
        )


def deployment_name(model: Model, wanted: str, taken: Collection[str]) -> str:
    """A free name by Azure's rules, of the model's where none is wanted; a number makes it free.

    Lower case, because Azure's own tools write it so whatever it was.
    """
    stem = re.sub(r"[^a-z0-9]+", "-", (wanted or f"{model.name}-{model.version}").lower())
    stem = stem.strip("-")
    stem = stem if stem[:1].isalpha() else f"m-{stem}"
    used = {name.lower() for name in taken}
    for number in range(1, len(used) + 2):
        ending = "" if number == 1 else f"-{number}"
        name = stem[: NAME_LENGTH - len(ending)].rstrip("-") + ending
        if len(name) >= 3 and name not in used:
            return name
    raise UsageError(f"no name for a deployment of {model.id!r}", hint="set candidate: name:")


def body_like(baseline: Body, model: Model, options: Options, release: str) -> dict[str, Any]:
    """What to PUT for a deployment of `model` like `baseline`.

    Raises:
        UsageError: nothing tells which environment the model is to run in.
    """
    before = baseline["properties"]
    other = bool(options.instance_type) and options.instance_type != before.get("instanceType")
    properties = copy.deepcopy(likeness(DEPLOYMENT, before, other_machines=other))
    properties["model"] = model.id
    _collect_apart(properties)
    if options.instance_type:
        properties["instanceType"] = options.instance_type
    if options.environment:
        properties["environmentId"] = options.environment
    elif model.mlflow and "codeConfiguration" not in properties:
        # Azure builds one from the model's own requirements; the baseline's has the baseline's.
        properties.pop("environmentId", None)
    elif "environmentId" not in properties and model.mlflow is False:
        raise UsageError(
            f"model {model.id!r} is no MLflow model, and the baseline has no environment for it",
            hint="set candidate: environment: name:version",
        )
    sku = dict(baseline.get("sku") or {"name": "Default", "capacity": 1})
    if options.instances is not None:
        sku["capacity"] = options.instances
    return {
        "location": baseline["location"],
        "tags": {RELEASE_NOTE: release},
        "sku": {key: value for key, value in sku.items() if value is not None},
        "properties": properties,
    }


def _collect_apart(properties: dict[str, Any]) -> None:
    """Leave out where the baseline's collected data goes, so that the candidate's has its own."""
    collector = properties.get("dataCollector") or {}
    for collection in (collector.get("collections") or {}).values():
        collection.pop("dataId", None)
