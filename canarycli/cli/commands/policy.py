"""Prints the permissions canary needs in a cloud, without asking the cloud."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from canarycli.cli.display.output import Output
from canarycli.cli.options.common import Common
from canarycli.config import load
from canarycli.config.alarms import alarm_of
from canarycli.errors import CanaryError, Exit, Unsupported
from canarycli.operations.workspace import Target, find_target, open_store
from canarycli.plan import Plan
from canarycli.provider import Needs, Permitted
from canarycli.registry import provider_class

CLOUDS: Mapping[str, str] = {"aws": "sagemaker", "gcp": "vertex", "azure": "azureml"}
"""The clouds' own names for the providers in them."""

EVERY = "*"
"""Stands for every endpoint, in the policies that can name one."""


def print_policy(common: Common, output: Output, word: str, *, deploys: bool | None) -> Exit:
    """Print the least policy for an endpoint, or for every one of a cloud.

    Args:
        common: says which endpoint, if any.
        output: where it goes.
        word: the cloud or the provider, "" for the endpoint's.
        deploys: candidates are brought in; None where canary.yaml says so.

    Raises:
        UsageError: there is no such provider, or its cloud has no permissions.
    """
    target = _target(common, CLOUDS.get(word, word))
    kind = provider_class(target.provider)
    if not isinstance(kind, Permitted):
        raise Unsupported(f"{target.provider} has no permissions to write down")
    needs = _needs(target, _plan(common, target), deploys=deploys)
    output.document(kind.least_policy(target.settings, target.name, needs))
    output.say(_said(target, needs))
    return Exit.OK


def _target(common: Common, provider: str) -> Target:
    """The endpoint that is meant; where none is, every one of that provider."""
    try:
        target = find_target(common, open_store(os.environ), os.environ)
    except CanaryError:
        if not provider:
            raise
        return Target(common.release or common.endpoint or EVERY, provider, common.settings)
    if provider in {"", target.provider}:
        return target
    return Target(common.release or common.endpoint or EVERY, provider, common.settings)


def _needs(target: Target, plan: Plan | None, *, deploys: bool | None) -> Needs:
    options: Mapping[str, Any] = target.config.candidate if target.config else {}
    brings = bool(options) if deploys is None else deploys
    return Needs(
        deploys=brings,
        uploads=brings and "file" in options,
        smokes=plan is not None and bool(plan.smoke),
        shadows=plan is not None and plan.shadow is not None,
        alarms=plan is not None and any(alarm_of(check) for check in plan.checks),
    )


def _plan(common: Common, target: Target) -> Plan | None:
    """The endpoint's plan; a file with mistakes says nothing."""
    named = target.config.plan if target.config else None
    if named is None:
        return None
    try:
        return load(common.config, cwd=Path.cwd(), env=os.environ).plans.get(named)
    except CanaryError:
        return None


def _said(target: Target, needs: Needs) -> str:
    endpoint = "every endpoint" if target.name == EVERY else target.name
    more = "" if needs.deploys else "; --deploys adds what bringing a candidate in takes"
    return f"enough to move traffic, roll back and watch on {endpoint} of {target.provider}{more}"
