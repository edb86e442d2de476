"""Writes a plan in the language of canary.yaml, so that it reads back as the same plan."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from canarycli.config.alarms import alarm_check, alarm_of, usual_name
from canarycli.config.document import Loader
from canarycli.durations import parse_duration, write_duration
from canarycli.metrics import LENGTHS, RIGHT, Metric, Unit
from canarycli.plan import Better, Check, Margin, Plan, Role, Shadow, Smoke, Stage, Then, Wait

WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would take for something else than text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own shape
        first: [
            *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
            *Loader.yaml_implicit_resolvers.get(first, []),
        ]
        for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *Loader.yaml_implicit_resolvers}
    }

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's own
        super().increase_indent(flow, False)


def write_plan(plan: Plan) -> str:
    """A plan file; `canary start --plan FILE` reads it back. Its name is the file's.

    What a plan has by default is left out.

    Raises:
        ValueError: the plan holds what the language has no word for.
    """
    return write_yaml(plan_data(plan))


def write_yaml(data: Mapping[str, Any]) -> str:
    """Block style outside, one line for what holds no more than plain values."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=WIDTH,
    )


def write_flow(data: Any) -> str:
    """Everything on one line."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=1e9,
    ).strip()


def plan_data(plan: Plan) -> dict[str, Any]:
    """A plan as the values of the language."""
    usual = Plan(stages=plan.stages)
    policies: dict[str, Any] = {
        name: _policy(name, getattr(plan, name))
        for name in (
            "read_every",
            "fails_after",
            "warm_up",
            "arm_noise",
            "unclear_after",
            "on_fail",
            "on_unclear",
            "on_no_metrics",
            "on_driver_lost",
            "settle_within",
            "deadline",
            "hold_at_most",
        )
        if getattr(plan, name) != getattr(usual, name)
    }
    parts: dict[str, Any] = {"shadow": _shadow(plan.shadow)} if plan.shadow else {}
    parts["stages"] = [_stage(stage) for stage in plan.stages]
    if plan.checks:
        parts["checks"] = [_check(check) for check in plan.checks]
    if plan.smoke:
        parts["smoke"] = [_smoke(smoke, n) for n, smoke in enumerate(plan.smoke, 1)]
    return parts | policies


def _policy(name: str, value: Any) -> Any:
    match value:
        case float() if name == "arm_noise":
            return f"{100 * value:g}%"
        case timedelta():
            return _duration(value)
        case Wait():
            return {"pause": _duration(value.pause), "then": value.then.value}
        case Enum():
            return value.value
        case _:
            return value


def _stage(stage: Stage) -> dict[str, Any]:
    if stage.then is Then.ROLLBACK:
        raise ValueError("a stage can't be followed by a rollback")
    usual = timedelta(0) if stage.percent >= 100 else None
    bake = {} if stage.bake == usual else {"bake": _duration(stage.bake)}
    written: dict[str, Any] = {"percent": _bare(stage.percent), **bake}
    leeway = {"leeway": f"{stage.leeway:.6g}x"} if stage.leeway > 1 else {}
    return written | _then(stage) | leeway


def _then(stage: Stage) -> dict[str, Any]:
    if stage.then is not Then.HOLD:
        return {}
    if not stage.approvals:
        return {"then": "hold"}
    by = {"by": list(stage.approvers)} if stage.approvers else {}
    shown: dict[str, Any] = {}
    if stage.environments:
        shown["from"] = [f"environment:{name}" for name in stage.environments]
    if stage.signers:
        shown["signers"] = list(stage.signers)
    return {"then": "approve", **by, "approvals": stage.approvals, **shown}


def _shadow(shadow: Shadow) -> dict[str, Any]:
    return {"percent": _bare(shadow.percent), "bake": _duration(shadow.bake)}


def _check(check: Check) -> dict[str, Any]:
    alarm = alarm_of(check)
    if alarm is not None:
        return _alarm(check, alarm)
    metric = check.metric
    written: dict[str, Any] = {"metric": _metric(metric)}
    if check.name not in (metric.key, written["metric"]):
        written = {"name": check.name, **written}
    unit = Unit.NONE if metric.source and metric.origin is None else metric.unit
    if check.margin is not None:
        limit = "differs_by" if check.two_sided else "no_worse_by"
        written[limit] = _margin(check.margin, unit)
    for name in ("never_above", "never_below"):
        limit = getattr(check, name)
        if limit is not None:
            written[name] = _limit(limit, unit)
    if check.better is Better.HIGHER and not (metric.says and metric.name in RIGHT):
        written["better"] = "higher"
    if check.cap is not None:
        written["cap"] = _bare(check.cap)
    if check.min_requests:
        written["min_requests"] = check.min_requests
    return written | _weight(check)


def _alarm(check: Check, alarm: str) -> dict[str, Any]:
    role, critical = check.role, check.critical
    if check != alarm_check(alarm, name=check.name, role=role, critical=critical):
        raise ValueError(f"check {check.name!r} is about an alarm, which has its own limit")
    named = {"name": check.name} if check.name != usual_name(alarm) else {}
    return {**named, "alarm": alarm, **_weight(check)}


def _weight(check: Check) -> dict[str, Any]:
    role = {"role": "watch"} if check.role is Role.WATCH else {}
    return {**role, **({"critical": True} if check.critical else {})}


def _smoke(smoke: Smoke, number: int) -> dict[str, Any]:
    body = {"file": smoke.file} if smoke.file else {"payload": smoke.payload}
    usual = Path(smoke.file).name if smoke.file else f"smoke test {number}"
    written: dict[str, Any] = {**({"name": smoke.name} if smoke.name != usual else {}), **body}
    if smoke.content_type != "application/json":
        written["content_type"] = smoke.content_type
    expect: dict[str, Any] = {"status": smoke.status} if smoke.status != 200 else {}
    if smoke.contains:
        expect["contains"] = smoke.contains
    return written | ({"expect": expect} if expect else {})


def _metric(metric: Metric) -> Any:
    if metric.origin is not None and not metric.says:
        return {"name": metric.name, "from": metric.origin.name, **_plain(metric.source)}
    if metric.source:
        return {"name": metric.name, **_plain(metric.source)}
    if metric.name in LENGTHS:
        return metric.name  # what it is cut at is its check's cap
    if metric.threshold is None:
        return metric.key
    return f"{metric.name}({_seconds(metric.threshold)})"


def _margin(margin: Margin, unit: Unit) -> Any:
    if margin.relative and margin.absolute:
        raise ValueError(f"a margin is relative or absolute, not both: {margin}")
    if not margin.absolute:
        return f"{_decimal(margin.relative, 100)}%"
    match unit:
        case Unit.SECONDS:
            return f"{_decimal(margin.absolute, 1000)}ms"
        case Unit.RATIO:
            return f"{_decimal(margin.absolute, 100)}pp"
        case Unit.PERCENT:
            return f"{_decimal(margin.absolute)}pp"
        case _:
            return _bare(margin.absolute)


def _limit(limit: float, unit: Unit) -> Any:
    match unit:
        case Unit.SECONDS:
            return f"{_decimal(limit, 1000)}ms"
        case Unit.RATIO:
            return f"{_decimal(limit, 100)}%"
        case _:
            return _bare(limit)


def _seconds(threshold: float) -> str:
    """In milliseconds where that is exact, as people write it."""
    milliseconds = _decimal(threshold, 1000)
    exact = float(milliseconds) * 0.001 == threshold
    return f"{milliseconds}ms" if exact else f"{_decimal(threshold)}s"


def _duration(duration: timedelta) -> str:
    text = write_duration(duration)
    return text if parse_duration(text) == duration else f"{duration.total_seconds():.6f}s"


def _bare(number: float) -> Any:
    """A plain number; as text where YAML would need an exponent, which the language has not."""
    if number == int(number) and abs(number) < 1e15:
        return int(number)
    return number if "e" not in repr(number) else _decimal(number)


def _decimal(number: float, times: int = 1) -> str:
    """The shortest exact digits, without an exponent."""
    text = f"{Decimal(repr(float(number))) * times:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
