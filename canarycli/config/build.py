"""Turns a validated canary.yaml into plain values."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from canarycli.config import models, plans, stages
from canarycli.config.alarms import alarm_check
from canarycli.config.ending import USUAL_BAKE, with_end
from canarycli.config.entry import endpoint_from, settings_of
from canarycli.config.foreign import own_defaults, own_settings
from canarycli.config.labels import labels_of
from canarycli.config.notify import PAGER, UNSAFE
from canarycli.config.sources import FromModel, metric_from, origin_of
from canarycli.config.values import Config, EndpointConfig, Notify
from canarycli.errors import PlanError
from canarycli.freeze import Freeze
from canarycli.metrics import RIGHT, Metric, Origin
from canarycli.plan import Better, Check, Lost, Plan, Role, Shadow, Smoke, Stage, Then, Wait

APPROVE = "approve"
_DURATIONS = (
    "read_every",
    "warm_up",
    "unclear_after",
    "settle_within",
    "deadline",
    "probation",
)
_WAITS = ("on_unclear", "on_no_metrics", "hold_at_most")


def build_config(model: models.FileModel, path: Path) -> Config:
    """The whole file; relative files in it are meant from where it lies."""
    defaults = model.defaults.model_dump(exclude_unset=True)
    sources = {name: origin_of(name, source) for name, source in model.sources.items()}
    return Config(
        path=path,
        endpoints={
            name: _endpoint(name, endpoint, defaults, path.parent, sources)
            for name, endpoint in model.endpoints.items()
        },
        plans={
            name: build_plan(plan, name, path.parent, sources, within=path.parent)
            for name, plan in model.plans.items()
        },
        notify=tuple(Notify(entry.to, _events(entry)) for entry in model.notify),
        defaults=settings_of(defaults),
        freeze=tuple(
            Freeze(one.start, one.length, one.zone, one.why or "") for one in model.freeze
        ),
    )


def _events(model: models.NotifyModel) -> tuple[str, ...]:
    if model.when is not None:
        return tuple(model.when)
    return (UNSAFE,) if model.to.startswith(PAGER) else models.USUAL_EVENTS


def build_plan(
    model: plans.PlanModel,
    name: str,
    folder: Path,
    sources: Mapping[str, Origin] | None = None,
    *,
    within: Path | None = None,
) -> Plan:
    """One plan with its defaults; it always ends at 100%, see `with_end`.

    Files of smoke tests are meant from `folder`, and not read yet.

    Args:
        model: what was written.
        name: what it is called.
        folder: where its file lies.
        sources: what its metrics may come from, by name.
        within: no file outside of it is taken; None for a plan that the person named themselves.

    Raises:
        PlanError: a file of a smoke test is outside.
    """
    usual = USUAL_BAKE if model.bake is None else model.bake
    plan = Plan(
        stages=with_end(tuple(_stage(stage, usual) for stage in model.stages)),
        checks=tuple(_inlined(_check(c, sources or {}), folder, within) for c in model.checks),
        name=name,
        fails_after=model.fails_after,
        arm_noise=(model.arm_noise or 0.0) / 100,
        on_fail=Then(model.on_fail),
        on_driver_lost=Lost(model.on_driver_lost),
        shadow=_shadow(model.shadow, usual),
        smoke=tuple(_smoke(smoke, n, folder, within) for n, smoke in enumerate(model.smoke, 1)),
    )
    written: dict[str, Any] = {
        **{key: getattr(model, key) for key in _DURATIONS},
        **{key: _wait(getattr(model, key)) for key in _WAITS},
    }
    return replace(plan, **{key: value for key, value in written.items() if value is not None})


def _stage(model: stages.StageModel, usual: timedelta) -> Stage:
    # At 100% there is no baseline left to compare with: this is the end unless told otherwise.
    bake = timedelta(0) if model.percent >= 100 else usual
    bake = bake if model.bake is None else model.bake
    if model.then != APPROVE:
        return Stage(model.percent, bake, Then(model.then), model.leeway)
    by = tuple(model.by or ())
    asked = model.approvals or 1
    environments = tuple(word.partition(":")[2] for word in model.start or ())
    signers = tuple(model.signers or ())
    return Stage(model.percent, bake, Then.HOLD, model.leeway, asked, by, environments, signers)


def _shadow(model: stages.ShadowModel | None, usual: timedelta) -> Shadow | None:
    if model is None:
        return None
    return Shadow(model.percent, usual if model.bake is None else model.bake)


def _check(model: plans.CheckModel | plans.AlarmModel, sources: Mapping[str, Origin]) -> Check:
    if isinstance(model, plans.AlarmModel):
        role = Role(model.role)
        return alarm_check(model.alarm, name=model.name, role=role, critical=model.critical)
    metric = replace(_metric(model.metric, sources), by=model.by or "")
    return Check(
        name=model.name or metric.key,
        metric=metric,
        no_worse_by=model.no_worse_by,
        differs_by=model.differs_by,
        never_above=model.never_above,
        never_below=model.never_below,
        better=Better.HIGHER if metric.says and metric.name in RIGHT else Better(model.better),
        cap=model.cap,
        min_requests=model.min_requests,
        role=Role(model.role),
        critical=model.critical,
        at_end=model.gates == "end",
        at_most=model.at_most,
    )


def _inlined(check: Check, folder: Path, within: Path | None) -> Check:
    """The check with its metric's query, where a file has it: a record needs no file."""
    if check.metric.origin is None:
        return check
    metric = replace(check.metric, source=_with_query(check.metric.source, folder, within))
    return replace(check, metric=metric)


def _with_query(spec: Mapping[str, Any], folder: Path, within: Path | None) -> Mapping[str, Any]:
    file = spec.get("query")
    if not isinstance(file, str) or not file.endswith(".sql"):
        return spec
    path = _file(file, folder, within)
    try:
        query = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(file, f"the query can't be read: {error}") from error
    return {**spec, "query": query}


def _smoke(model: plans.SmokeModel, number: int, folder: Path, within: Path | None) -> Smoke:
    text = isinstance(model.payload, str)
    file = _file(model.file, folder, within) if model.file else ""
    return Smoke(
        name=model.name or (Path(file).name if file else f"smoke test {number}"),
        payload="" if file else model.payload if text else json.dumps(model.payload),
        content_type=model.content_type or "application/json",
        status=model.expect.status,
        contains=model.expect.contains or "",
        file=file,
    )


def _file(file: str, folder: Path, within: Path | None) -> str:
    path = folder / Path(file).expanduser()
    if within is not None and not path.resolve().is_relative_to(within.resolve()):
        raise PlanError(file, f"a file that a plan names is below {within}", hint="copy it there")
    return str(path)


def _metric(
    model: Metric | FromModel | plans.CustomMetric, sources: Mapping[str, Origin]
) -> Metric:
    if isinstance(model, Metric):
        return model
    if isinstance(model, FromModel):
        return metric_from(model, sources)
    written = model.model_dump(exclude_unset=True)
    return Metric(written.pop("name"), source=written)


def _wait(model: plans.WaitModel | None) -> Wait | None:
    return None if model is None else Wait(model.pause, Then(model.then))


def _endpoint(
    name: str,
    model: models.EndpointModel,
    defaults: Mapping[str, Any],
    folder: Path,
    sources: Mapping[str, Origin],
) -> EndpointConfig:
    fields = type(model).model_fields
    own = model.model_dump(exclude_unset=True, by_alias=True)
    usual = {key: value for key, value in defaults.items() if key in fields}
    usual |= own_defaults(defaults, str(own["provider"]))
    own |= own_settings(own, str(own["provider"]))
    if isinstance(model, models.CloudModel) and model.labels is not None:
        labels = labels_of(model.labels, sources)
        own["labels"] = {**labels, "spec": _with_query(labels["spec"], folder, folder)}
    return endpoint_from({**usual, **own}, name, folder)
