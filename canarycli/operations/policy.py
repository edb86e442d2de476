"""The permissions canary needs in a cloud, without asking the cloud."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from canarycli.config import Config, load
from canarycli.config.alarms import alarm_of
from canarycli.config.discover import here
from canarycli.errors import CanaryError, Unsupported
from canarycli.files import FILE
from canarycli.late_methods import dataclass
from canarycli.metrics import LABELLED
from canarycli.operations.address import Address
from canarycli.operations.target import Target, answers_of, find_target
from canarycli.operations.workspace import open_store
from canarycli.permissions import Needs, Permitted
from canarycli.plan import Plan
from canarycli.registry import provider_class
from canarycli.verbs import offers

CLOUDS: Mapping[str, str] = {"aws": "sagemaker", "gcp": "vertex", "azure": "azureml"}
"""The clouds' own names for the providers in them."""

ASKED_IN_SQL = frozenset({"postgres", "snowflake", "databricks"})
"""Sources whose rights are no cloud's."""

EVERY = "*"
"""Stands for every endpoint, in the policies that can name one."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The least permissions for an endpoint, or for every one of a cloud.

    Attributes:
        document: as the cloud takes it.
        said: what it is enough for, in one line.
    """

    document: Mapping[str, Any]
    said: str


def least_policy(
    address: Address, word: str, env: Mapping[str, str], *, deploys: bool | None
) -> Policy:
    """The least policy.

    Args:
        address: says which endpoint, if any.
        word: the cloud or the provider, "" for the endpoint's.
        env: the environment.
        deploys: candidates are brought in; None where canary.yaml says so.

    Raises:
        UsageError: there is no such provider, or its cloud has no permissions.
    """
    target = _target(address, CLOUDS.get(word, word), env)
    target = target if target.name == EVERY else target.placed(env)
    kind = provider_class(target.provider)
    if not offers(kind, Permitted):
        raise Unsupported(f"{target.provider} has no permissions to write down")
    config = _config(address, env)
    plan = config.plans.get(target.config.plan or "") if target.config else None
    labels = answers_of(target, config)[1]
    needs = _needs(target, plan, labels, deploys=deploys)
    return Policy(kind.least_policy(target.settings, target.name, needs), _said(target, needs))


def _target(address: Address, provider: str, env: Mapping[str, str]) -> Target:
    """The endpoint that is meant; where none is, every one of that provider."""
    try:
        target = find_target(address, open_store(env, address.config), env)
    except CanaryError:
        if not provider:
            raise
        return Target(address.word or EVERY, provider, address.settings)
    if provider in {"", target.provider}:
        return target
    return Target(address.word or EVERY, provider, address.settings)


def _needs(
    target: Target, plan: Plan | None, labels: Mapping[str, Any], *, deploys: bool | None
) -> Needs:
    options: Mapping[str, Any] = target.config.candidate if target.config else {}
    brings = bool(options) if deploys is None else deploys
    needs = Needs(deploys=brings, uploads=brings and FILE in options)
    return needs if plan is None else _needs_of(needs, plan, labels)


def _needs_of(needs: Needs, plan: Plan, labels: Mapping[str, Any]) -> Needs:
    """What a plan's checks, smoke tests and shadow take besides."""
    joined = labels if any(check.metric.name in LABELLED for check in plan.checks) else {}
    origins = [check.metric.origin for check in plan.checks]
    kinds = {origin.kind for origin in origins if origin is not None}
    if joined.get("source"):
        kinds.add(str(joined["source"]["kind"]))
    return replace(
        needs,
        smokes=bool(plan.smoke),
        shadows=plan.shadow is not None,
        alarms=any(alarm_of(check) for check in plan.checks),
        answers=any(check.metric.says for check in plan.checks),
        labels=str((joined.get("spec") or {}).get("files") or ""),
        sources=frozenset(kinds),
    )


def _config(address: Address, env: Mapping[str, str]) -> Config:
    """The file; one with mistakes says nothing."""
    try:
        return load(address.config, cwd=here(), env=env)
    except CanaryError:
        return Config()


def _said(target: Target, needs: Needs) -> str:
    endpoint = "every endpoint" if target.name == EVERY else target.name
    apart = ", ".join(sorted(needs.sources & ASKED_IN_SQL))
    besides = f"; {apart}: grant a role SELECT on what the queries read" if apart else ""
    more = "" if needs.deploys else "; --deploys adds what bringing a candidate in takes"
    what = f"move traffic, roll back and watch on {endpoint} of {target.provider}"
    return f"enough to {what}{more}{besides}"
