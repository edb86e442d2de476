"""`canary doctor`: check credentials, permissions, metrics and config."""

import os
from dataclasses import replace
from typing import Annotated

from typer import Argument, Option

from canarycli.cli.display.doctor import show_groups
from canarycli.cli.display.output import Output
from canarycli.cli.display.terminal import terminal
from canarycli.cli.options.common import Common, WithoutRelease
from canarycli.errors import Exit
from canarycli.operations.doctor import Focus, examine


def doctor(
    common: WithoutRelease,
    where: Annotated[
        str | None,
        Argument(metavar="ENDPOINT", help="Which one; the only one in canary.yaml if left out"),
    ] = None,
    *,
    metrics: Annotated[
        str | None,
        Option(metavar="[CHECK]", help="Only what the cloud has for the checks, or for this one"),
    ] = None,
    policy: Annotated[
        str | None,
        Option(
            "--print-policy",
            metavar="[aws|gcp|azure]",
            help="Print the permissions canary needs, as the cloud takes them; makes no call",
        ),
    ] = None,
    deploys: Annotated[
        bool | None,
        Option(
            "--deploys/--no-deploys",
            help="With what it takes to bring candidates in; else if canary.yaml has candidate:",
        ),
    ] = None,
) -> Exit:
    """Check credentials, permissions, metrics and config."""
    common = replace(common, release=where)
    with Output(common) as output:
        if policy is not None:
            return _policy(common, output, policy, deploys=deploys)
        focus, here = Focus(metrics, deploys), terminal(os.environ)
        groups = examine(common.address, focus, os.environ, terminal=here)
        return show_groups(common, output, groups)


def _policy(common: Common, output: Output, word: str, *, deploys: bool | None) -> Exit:
    from canarycli.operations.policy import least_policy

    policy = least_policy(common.address, word, os.environ, deploys=deploys)
    output.document(policy.document)
    output.say(policy.said)
    return Exit.OK
