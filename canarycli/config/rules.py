"""Rules that tie several keys of canary.yaml together.

They look at the raw data and skip what has a wrong shape, so that they are told of together with
the mistakes that pydantic finds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from canarycli.config.addresses import KEYS as ADDRESSES
from canarycli.config.addresses import foreign
from canarycli.config.alarms import is_alarm, usual_name
from canarycli.config.candidates import candidate_flaw
from canarycli.config.document import Path
from canarycli.config.foreign import default_flaws, setting_flaws, store_flaws, stores_of
from canarycli.config.keys import LABELS, SIMULATOR
from canarycli.config.labels import labels_flaws
from canarycli.config.misnamed import elsewhere
from canarycli.config.notify import notify_flaws
from canarycli.config.own_store import store_elsewhere
from canarycli.config.people import approval_flaws, freeze_flaws
from canarycli.config.plans import LIMITS, SOURCES
from canarycli.config.problem import At, nearest
from canarycli.config.sources import (
    FROM,
    kind_unknown,
    metric_flaws,
    source_flaws,
    unsliceable,
)
from canarycli.late_methods import dataclass
from canarycli.metrics import LENGTHS, UNITS
from canarycli.registry import ALIASES, nearest_provider, provider_names


@dataclass(frozen=True, slots=True)
class Flaw:
    """A broken rule, before its place is known."""

    path: Path
    sentence: str
    at: At = At.VALUE


def file_flaws(data: Any) -> Iterator[Flaw]:
    """Every broken rule of a whole canary.yaml."""
    plans, sources = _mapping(data, "plans"), _mapping(data, "sources")
    for name, source in sources.items():
        for place, text in source_flaws(source):
            yield Flaw(("sources", name, *place), text, At.KEY if place else At.VALUE)
    for name, plan in plans.items():
        yield from plan_flaws(plan, ("plans", name), sources)
    for name, endpoint in _mapping(data, "endpoints").items():
        if not name.strip():
            yield Flaw(("endpoints", name), "an endpoint needs a name", At.KEY)
        yield from _plan_exists(endpoint, plans, ("endpoints", name, "plan"))
        yield from _addresses(endpoint, ("endpoints", name))
        yield from _labels(endpoint, ("endpoints", name, LABELS), sources)
        for place, text, at in setting_flaws(endpoint):
            yield Flaw(("endpoints", name, *place), text, at)
    for place, text, at in default_flaws(_mapping(data, "defaults"), _mapping(data, "endpoints")):
        yield Flaw(("defaults", *place), text, at)
    yield from _plan_exists(_mapping(data, "defaults"), plans, ("defaults", "plan"))
    for block, flaws in (("freeze", freeze_flaws), ("notify", notify_flaws)):
        for index, entry in enumerate(_list(data, block)):
            yield from (Flaw((block, index, key), text) for key, text in flaws(entry))


Rule = Callable[[Any], Iterator[Flaw]]
"""What looks at the data of a whole file."""


def lint_flaws(data: Any) -> Iterator[Flaw]:
    """Mistakes for lint alone: whoever reads the file for another of its endpoints goes on.

    Providers and sources that no installed package has, full names that contradict their
    settings, metrics that an endpoint's cloud does not keep, and candidates it can't deploy.
    """
    usual = _mapping(data, "defaults").get("plan")
    for name, source in _mapping(data, "sources").items():
        if text := kind_unknown(source):
            yield Flaw(("sources", name), text)
    for name, endpoint in _mapping(data, "endpoints").items():
        word = endpoint.get("provider") if isinstance(endpoint, Mapping) else None
        known = {*provider_names(), *ALIASES}
        if isinstance(word, str) and word not in known and not nearest_provider(word):
            text = f'"{word}" is not a provider, nor is one of that name installed'
            yield Flaw(("endpoints", name, "provider"), text)
        elif text := elsewhere(endpoint, _mapping(data, "defaults")):
            yield Flaw(("endpoints", name, "endpoint"), text)
        if text := candidate_flaw(endpoint, _mapping(data, "defaults")):
            yield Flaw(("endpoints", name, "candidate"), text)
        own = endpoint.get("plan") if isinstance(endpoint, Mapping) else None
        plan = _mapping(data, "plans").get(str(own or usual))
        for text in store_elsewhere(endpoint, plan):
            yield Flaw(("endpoints", name, *(["plan"] if own else [])), text)


def plan_flaws(
    plan: Any, base: Path = (), sources: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Flaw]:
    """Every broken rule of one plan."""
    yield from _stages_rise(_list(plan, "stages"), (*base, "stages"))
    yield from _ends_strictly(_list(plan, "stages"), (*base, "stages"))
    for index, stage in enumerate(_list(plan, "stages")):
        for key, text in approval_flaws(stage):
            yield Flaw((*base, "stages", index, key), text)
    checks = _list(plan, "checks")
    for index, check in enumerate(checks):
        yield from _one_limit(check, (*base, "checks", index))
        yield from _one_source(check, (*base, "checks", index), sources)
        yield from _cap_of_amounts(check, (*base, "checks", index))
        yield from _slices(check, (*base, "checks", index), sources)
        yield from _end_of_comparison(check, (*base, "checks", index))
    yield from _names_differ(checks, (*base, "checks"))
    for index, smoke in enumerate(_list(plan, "smoke")):
        yield from _one_body(smoke, (*base, "smoke", index))


def _addresses(endpoint: Any, base: Path) -> Iterator[Flaw]:
    """Addresses that receive credentials are the cloud's own or this machine's."""
    if not isinstance(endpoint, Mapping):
        return
    provider = str(endpoint.get("provider"))
    for key in ADDRESSES:
        url = endpoint.get(key)
        if isinstance(url, str) and (why := foreign(url, ALIASES.get(provider, provider))):
            yield Flaw((*base, key), why)


def _labels(endpoint: Any, path: Path, sources: Mapping[str, Any]) -> Iterator[Flaw]:
    if isinstance(endpoint, Mapping) and endpoint.get("provider") not in (SIMULATOR, *ALIASES):
        for place, text in labels_flaws(endpoint.get(LABELS), sources):
            yield Flaw((*path, *place), text)


def check_name(check: Any) -> str | None:
    """What a check is called when it does not say: its metric's name, or its alarm's."""
    if not isinstance(check, Mapping):
        return None
    metric = check.get("metric")
    named = metric.get("name") if isinstance(metric, Mapping) else metric
    if is_alarm(check):
        alarm = check["alarm"]
        named = usual_name(alarm if isinstance(alarm, Mapping) else str(alarm))
    name = check.get("name", named)
    return name if isinstance(name, str) else None


def _plan_exists(owner: Any, plans: Mapping[str, Any], path: Path) -> Iterator[Flaw]:
    word = owner.get("plan") if isinstance(owner, Mapping) else None
    if isinstance(word, str) and word not in plans:
        known = f"it has {', '.join(plans)}" if plans else "it has no plans"
        yield Flaw(path, f'this file has no plan "{word}"{nearest(word, plans) or f", {known}"}')


def _stages_rise(stages: Sequence[Any], path: Path) -> Iterator[Flaw]:
    last = 0.0
    for index, stage in enumerate(stages):
        percent = _number(stage.get("percent") if isinstance(stage, Mapping) else None)
        if percent is None or not 0 < percent <= 100:
            continue
        if percent <= last:
            yield Flaw(
                (*path, index, "percent"),
                f"stages must rise, and {percent:g}% follows {last:g}%",
            )
        last = percent


def _ends_strictly(stages: Sequence[Any], path: Path) -> Iterator[Flaw]:
    """The last stage at which both arms have traffic asks for the limits themselves."""
    below = [
        (index, stage)
        for index, stage in enumerate(stages)
        if isinstance(stage, Mapping) and (_number(stage.get("percent")) or 100) < 100
    ]
    if not below:
        return
    index, stage = below[-1]
    if str(stage.get("leeway", "1x")).removesuffix("x") not in {"1", "1.0"}:
        why = "the last stage below 100% has no leeway: there the limits themselves count"
        yield Flaw((*path, index, "leeway"), why)


def _one_limit(check: Any, path: Path) -> Iterator[Flaw]:
    if not isinstance(check, Mapping) or is_alarm(check):
        return
    given = [limit for limit in LIMITS if limit in check]
    if not given:
        yield Flaw(path, f"a check needs a limit: one of {', '.join(LIMITS)}")
    for extra in given[1:]:
        yield Flaw((*path, extra), f"{extra} beside {given[0]}: a check has one limit", At.KEY)
    if "differs_by" in given and str(check.get("metric")).startswith("latency"):
        yield Flaw((*path, "differs_by"), "no latency is too low: write no_worse_by", At.KEY)
    if given and given[0] != "differs_by" and check.get("metric") == "scores":
        yield Flaw((*path, given[0]), "scores are neither good nor bad: write differs_by", At.KEY)


def _one_source(check: Any, path: Path, sources: Mapping[str, Any]) -> Iterator[Flaw]:
    metric = check.get("metric") if isinstance(check, Mapping) else None
    if not isinstance(metric, Mapping) or is_alarm(check):
        return
    if FROM in metric:
        for place, text in metric_flaws(metric, sources):
            yield Flaw((*path, "metric", *place), text, At.KEY)
    else:
        for place, text, at in store_flaws(metric, SOURCES):
            yield Flaw((*path, "metric", *place), text, at)
    given = [word for word in metric if word == FROM or word in stores_of(metric, SOURCES)]
    if not given and metric.keys() <= {"name"}:
        words = f"{', '.join(SOURCES)} or {FROM}"
        yield Flaw((*path, "metric"), f"a metric of your own needs its source: {words}")
    for extra in given[1:]:
        place = (*path, "metric", extra)
        yield Flaw(place, f"{extra} beside {given[0]}: a metric has one source", At.KEY)


def _cap_of_amounts(check: Any, path: Path) -> Iterator[Flaw]:
    """Only means of amounts that are compared have a cap."""
    if not isinstance(check, Mapping) or "cap" not in check or is_alarm(check):
        return
    metric = check.get("metric")
    if isinstance(metric, str) and metric not in LENGTHS:
        yield Flaw((*path, "cap"), f"{metric} is no mean of amounts, it takes no cap", At.KEY)
    elif not {"no_worse_by", "differs_by"} & set(check):
        yield Flaw((*path, "cap"), "cap goes with no_worse_by: it is for comparing means", At.KEY)


def _slices(check: Any, path: Path, sources: Mapping[str, Any]) -> Iterator[Flaw]:
    """Only answers, rows of a query and counters have fields to be told apart by."""
    if not isinstance(check, Mapping) or is_alarm(check) or not {"by", "at_most"} & set(check):
        return
    if "by" not in check:
        yield Flaw((*path, "at_most"), "at_most goes with by:, a field of the answers", At.KEY)
    metric = check.get("metric")
    if isinstance(metric, str) and metric.partition("(")[0] in UNITS:
        yield Flaw(
            (*path, "by"), f"{metric} is not told by answer: by goes with class_share", At.KEY
        )
    elif isinstance(metric, Mapping) and (why := unsliceable(metric, sources)):
        yield Flaw((*path, "by"), why, At.KEY)


def _end_of_comparison(check: Any, path: Path) -> Iterator[Flaw]:
    """Only what compares the arms is judged over all splits of a release."""
    ends = isinstance(check, Mapping) and check.get("gates") == "end" and not is_alarm(check)
    if ends and not {"no_worse_by", "differs_by"} & set(check):
        yield Flaw((*path, "gates"), "gates: end goes with no_worse_by or differs_by", At.KEY)


def _one_body(smoke: Any, path: Path) -> Iterator[Flaw]:
    if not isinstance(smoke, Mapping):
        return
    given = [key for key in ("payload", "file") if smoke.get(key) is not None]
    if not given:
        yield Flaw(path, "a smoke test needs a body: one of payload, file")
    for extra in given[1:]:
        yield Flaw((*path, extra), f"{extra} beside {given[0]}: a smoke test has one body", At.KEY)


def _names_differ(checks: Sequence[Any], path: Path) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, check in enumerate(checks):
        name = check_name(check)
        if name is not None and name in seen:
            yield Flaw((*path, index), f'two checks are named "{name}", give one another name:')
        elif name is not None:
            seen.add(name)


def _mapping(data: Any, key: str) -> Mapping[str, Any]:
    part = data.get(key) if isinstance(data, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _list(data: Any, key: str) -> Sequence[Any]:
    part = data.get(key) if isinstance(data, Mapping) else None
    return part if isinstance(part, list) else ()


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(str(value).removesuffix("%"))
    except ValueError:
        return None
