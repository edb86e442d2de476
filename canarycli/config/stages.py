"""The `stages:` and `shadow:` of a plan in canary.yaml as pydantic models."""

from pydantic import Field

from canarycli.config.fields import (
    FromEnvironment,
    Leeway,
    MaybeDuration,
    Next,
    Percent,
    Text,
)
from canarycli.config.sources import Model


class StageModel(Model):
    """A share of the traffic for the candidate, and how long it stays there at least."""

    percent: Percent = Field(description="the candidate's share of the traffic, up to 100")
    bake: MaybeDuration = Field(
        None, description="the least time here, such as 15m or 1h30m; else the plan's"
    )
    then: Next = Field(
        "go", description="hold: wait here for canary promote; approve: for those who may"
    )
    by: list[Text] | None = Field(
        None,
        min_length=1,
        description="who may approve: as CANARY_ACTOR, the CI or the signature says; else anybody",
    )
    start: list[FromEnvironment] | None = Field(
        None,
        alias="from",
        min_length=1,
        description="approved in a job of the CI that has one of these environments",
    )
    signers: list[Text] | None = Field(
        None,
        min_length=1,
        description="approved by a comment signed with a key of these lines, as an allowed_signers "
        "file of OpenSSH has them",
    )
    approvals: int | None = Field(None, ge=1, description="so many of them have to, 1")
    leeway: Leeway = Field(1.0, description="how many times its limits are enough to go on, 4x")


class ShadowModel(Model):
    """A copy of traffic for the candidate before the first stage; its answers are dropped."""

    percent: Percent = Field(description="of the traffic that is copied, above 0 and up to 100")
    bake: MaybeDuration = None
