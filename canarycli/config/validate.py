"""Validates data from a file and puts what pydantic found into sentences of our own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from canarycli.config import labels, models, plans, predictions, sources, stages
from canarycli.config.alarms import is_alarm
from canarycli.config.document import Document, Path
from canarycli.config.foreign import MISPLACED
from canarycli.config.problem import At, Problem, nearest
from canarycli.config.rules import Flaw
from canarycli.written import quoted

M = TypeVar("M", bound=BaseModel)


def validate(
    document: Document, model: type[M], flaws: Callable[[Any], Iterable[Flaw]]
) -> tuple[M | None, tuple[Problem, ...]]:
    """The model of a document, and every problem in it in the order of the file.

    Args:
        document: what was read.
        model: `FileModel`, or `PlanModel` for a file that holds just a plan.
        flaws: the rules that tie several keys together.
    """
    found = list(document.problems)
    valid = None
    data = {} if document.data is None else document.data
    try:
        valid = model.model_validate(data)
    except ValidationError as error:
        found += (_problem(document, model, detail) for detail in error.errors())
    found += (document.problem(flaw.path, flaw.sentence, flaw.at) for flaw in flaws(data))
    problems = tuple(sorted(set(found)))
    return (None if problems else valid), problems


def _problem(document: Document, root: type[BaseModel], detail: ErrorDetails) -> Problem:
    path = _path(detail["loc"])
    match detail["type"]:
        case "missing":
            return document.problem(path[:-1], f"{path[-1]} is missing", At.INSIDE)
        case "extra_forbidden":
            return document.problem(path, _not_taken(root, path, document.data), At.KEY)
        case _:
            return document.problem(path, _sentence(detail))


def _path(loc: tuple[int | str, ...]) -> Path:
    return tuple(part for part in loc if part not in models.TAGS and part != "[key]")


def _not_taken(root: type[BaseModel], path: Path, data: Any) -> str:
    *owner, key = path
    word, known = str(key), _known_keys(root, tuple(owner), data)
    if known == _ALARM_KEYS and word in plans.CheckModel.model_fields:
        return f"{word} beside alarm: the alarm has its own metric and limit"
    if word.lower() in sources.SECRETS and "sources" in owner:
        return f"unknown key {word}, a secret is named by its variable: {word}_env"
    if word == "alarm" and "metric" in owner:
        return MISPLACED
    return f"unknown key {word}{nearest(word, known)}"


def _sentence(detail: ErrorDetails) -> str:
    value = detail["input"]
    empty = value is None
    match detail["type"]:
        case "canary":
            return detail["msg"]
        case "model_type" | "dict_type" | "model_attributes_type":
            return "it is empty" if empty else f"{quoted(value)} where a mapping is expected"
        case "list_type":
            return "it is empty" if empty else f"{quoted(value)} where a list is expected"
        case "greater_than_equal":
            return f"{quoted(value)} is too small, it is at least {detail['ctx']['ge']}"
        case "too_short":
            return "it is empty, at least one is needed"
        case _:
            message = detail["msg"]
            return message[:1].lower() + message[1:]


_BY_KEY: Mapping[str, type[BaseModel]] = {
    "stages": stages.StageModel,
    "oauth": sources.OAuthModel,
    "predictions": predictions.PredictionsModel,
    "labels": labels.LabelsModel,
    "sigv4": sources.SigV4Model,
    "cloudwatch": plans.CloudWatch,
    "cloud_monitoring": plans.CloudMonitoring,
    "azure_monitor": plans.AzureMonitor,
    "simulator": plans.SimulatorMetric,
    "shadow": stages.ShadowModel,
    "smoke": plans.SmokeModel,
    "expect": plans.ExpectModel,
    "on_unclear": plans.WaitModel,
    "on_no_metrics": plans.WaitModel,
    "hold_at_most": plans.WaitModel,
    "notify": models.NotifyModel,
    "freeze": models.FreezeModel,
}
_ALARM_KEYS = tuple(plans.AlarmModel.model_fields)
_CHECK_KEYS = (*plans.CheckModel.model_fields, "alarm")


def _known_keys(root: type[BaseModel], path: Path, data: Any) -> tuple[str, ...]:
    """The keys that the mapping at `path` may have."""
    match path:
        case ():
            model = root
        case ("plans", _):
            model = plans.PlanModel
        case ("endpoints", _):  # all others may have more, see `setting_flaws`
            model = models.SimulatorModel
        case ("sources", _, str(kind)):
            model = sources.MODELS[kind]
        case (*_, "checks", int()):
            return _ALARM_KEYS if is_alarm(_at(data, path)) else _CHECK_KEYS
        case _:
            words = [part for part in path if isinstance(part, str)]
            model = _BY_KEY[words[-1]]
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data
