"""What stands in the way of a release, before anything moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from canarycli.config.alarms import alarm_check
from canarycli.errors import Busy, CanaryError, Conflict, Exit, NotFound, Unsupported, UsageError
from canarycli.metrics import Metric
from canarycli.plan import Check, Margin, Plan, Role, Shadow, Stage
from canarycli.provider import Endpoint, Limits, Version
from canarycli.release.preflight import preflight
from canarycli.release.trouble import Trouble, unfit
from canarycli.traffic import Traffic

ERRORS = Check("errors_5xx", Metric("errors_5xx"), no_worse_by=Margin(absolute=0.005))
LIMITS = Limits(
    finest_percent=1,
    shadow_up_to=0,
    metric_delay=timedelta(minutes=1),
    late_request=timedelta(minutes=1),
    usual_shift=timedelta(minutes=1),
    metrics=frozenset({"errors_5xx", "latency_p99"}),
    custom_source="cloudwatch",
)


def plan(*percents: float, checks: tuple[Check, ...] = (ERRORS,)) -> Plan:
    stages = tuple(Stage(percent, timedelta(minutes=15)) for percent in percents or (5, 100))
    return Plan(stages, checks)


def shadowed(percent: float) -> Plan:
    return replace(plan(), shadow=Shadow(percent, timedelta(minutes=15)))


def endpoint(shares: Mapping[str, float] | None = None, *, idle: tuple[str, ...] = ()) -> Endpoint:
    split = {"blue": 100.0} if shares is None else dict(shares)
    names = dict.fromkeys((*split, "blue", "green", "teal"))
    return Endpoint(
        name="churn",
        versions=tuple(Version(name, name not in idle) for name in names),
        traffic=Traffic(split),
        settled=True,
    )


def custom(source: str, role: Role = Role.GATE) -> Check:
    return Check("sales", Metric("sales", source={source: {}}), never_below=1.0, role=role)


def alarm(name: str) -> Check:
    return alarm_check(name, name=None, role=Role.GATE, critical=False)


def built_in(name: str, role: Role = Role.GATE) -> Check:
    return Check(name, Metric(name), never_above=85.0, role=role)


@dataclass(frozen=True)
class Start:
    """A release of green after blue that nothing is wrong with, unless told otherwise."""

    plan: Plan = plan()  # noqa: RUF009 - a frozen value
    on: Endpoint = endpoint()  # noqa: RUF009 - a frozen value
    baseline: str = "blue"
    candidate: str = "green"
    limits: Limits = LIMITS

    def troubles(self) -> tuple[Trouble, ...]:
        return preflight(self.plan, self.limits, self.on, self.baseline, self.candidate)


def test_nothing_stands_in_the_way_of_a_sound_release() -> None:
    assert Start().troubles() == ()


REFUSED: Mapping[str, tuple[Start, str, str, type[CanaryError], Exit]] = {
    "the arms are the same": (
        Start(candidate="blue"),
        "candidate and baseline are both 'blue'",
        "name another version with --new-model; churn has blue, green, teal",
        UsageError,
        Exit.USAGE,
    ),
    "the endpoint is not made for shares": (
        Start(on=replace(endpoint(), unfit="it is serverless")),
        "endpoint 'churn' can't be released by shares: it is serverless",
        "choose another endpoint, or change how this one is deployed",
        Unsupported,
        Exit.USAGE,
    ),
    "the endpoint is in transition": (
        Start(on=replace(endpoint(), settled=False, status="Updating")),
        "a change of endpoint 'churn' is under way (Updating)",
        "wait for it: canary status churn",
        Busy,
        Exit.BUSY,
    ),
    "the candidate is not on the endpoint": (
        Start(candidate="red"),
        "endpoint 'churn' has no version 'red' to be the candidate",
        "it has blue, green, teal",
        NotFound,
        Exit.NOT_FOUND,
    ),
    "the candidate is not in service": (
        Start(on=endpoint(idle=("green",))),
        "the candidate 'green' is not in service",
        "wait until it is: canary status churn",
        Conflict,
        Exit.CLOUD_FAILED,
    ),
    "the baseline is not in service": (
        Start(on=endpoint(idle=("blue",))),
        "the baseline 'blue' is not in service",
        "wait until it is: canary status churn",
        Conflict,
        Exit.CLOUD_FAILED,
    ),
    "the baseline has no traffic": (
        Start(baseline="teal"),
        "the baseline 'teal' has no traffic: blue 100%",
        "compare with the version that has: --baseline blue",
        UsageError,
        Exit.USAGE,
    ),
    "nothing has traffic": (
        Start(on=endpoint({})),
        "endpoint 'churn' gives no version any traffic",
        "give it to the baseline first: canary rollback churn --to blue",
        UsageError,
        Exit.USAGE,
    ),
    "the candidate has more than the first stage": (
        Start(on=endpoint({"blue": 90, "green": 10})),
        "the candidate 'green' already has 10% of the traffic, more than the first stage of 5%",
        "take it away first: canary rollback churn",
        Conflict,
        Exit.CLOUD_FAILED,
    ),
    "a stage is finer than whole percents": (
        Start(plan=plan(5, 12.5, 100)),
        "stage 2 is 12.5% and shares here are multiples of 1%",
        "use 12% or 13%",
        Unsupported,
        Exit.USAGE,
    ),
    "a stage is below the finest share": (
        Start(plan=plan(0.5, 100)),
        "stage 1 is 0.5% and shares here are multiples of 1%",
        "use 1%",
        Unsupported,
        Exit.USAGE,
    ),
    "a check is about an alarm and this cloud has none": (
        Start(
            plan=plan(checks=(ERRORS, alarm("high-5xx"))),
            limits=replace(LIMITS, custom_source="azure_monitor"),
        ),
        "check 'alarm high-5xx': this cloud can't read an alarm from 'cloudwatch'",
        "leave the check out: --skip 'alarm high-5xx'",
        Unsupported,
        Exit.USAGE,
    ),
    "the plan begins with a shadow and the cloud has none": (
        Start(plan=shadowed(12.5)),
        "the plan's shadow is 12.5%, and this cloud has no shadow traffic",
        "leave shadow: out; start with a small stage",
        Unsupported,
        Exit.USAGE,
    ),
    "the shadow is larger than the cloud's largest": (
        Start(plan=shadowed(51), limits=replace(LIMITS, shadow_up_to=50)),
        "the plan's shadow is 51%, and this cloud copies at most 50%",
        "use 50% or less",
        Unsupported,
        Exit.USAGE,
    ),
    "a shadow beside more versions than the cloud copies among": (
        Start(plan=shadowed(50), limits=replace(LIMITS, shadow_up_to=100, shadow_among=2)),
        "this cloud copies traffic only among 2 versions, and there is teal too",
        "take teal away first, or leave shadow: out",
        Unsupported,
        Exit.USAGE,
    ),
    "the candidate of a shadow would be one version more than the cloud copies among": (
        Start(
            plan=shadowed(50),
            limits=replace(LIMITS, shadow_up_to=100, shadow_among=3),
            candidate="",
        ),
        "this cloud copies traffic only among 3 versions, and there is green, teal too",
        "take green, teal away first, or leave shadow: out",
        Unsupported,
        Exit.USAGE,
    ),
    "the shadow is finer than whole percents": (
        Start(plan=shadowed(2.5), limits=replace(LIMITS, shadow_up_to=50)),
        "the shadow is 2.5% and shares here are multiples of 1%",
        "use 2% or 3%",
        Unsupported,
        Exit.USAGE,
    ),
    "a check needs a metric this cloud lacks": (
        Start(plan=plan(checks=(ERRORS, built_in("gpu")))),
        "check 'gpu': this cloud has no metric 'gpu'",
        "it has errors_5xx, latency_p99; leave the check out: --skip gpu",
        Unsupported,
        Exit.USAGE,
    ),
    "a check reads another cloud's metric": (
        Start(plan=plan(checks=(ERRORS, custom("azure_monitor")))),
        "check 'sales': this cloud can't read a metric from 'azure_monitor'",
        "give it a source cloudwatch: of its own, or leave the check out: --skip sales",
        Unsupported,
        Exit.USAGE,
    ),
}

RISKS: Mapping[str, tuple[Start, str, str]] = {
    "the candidate has less than the first stage": (
        Start(on=endpoint({"blue": 98, "green": 2})),
        "the candidate 'green' already has 2% of the traffic",
        "make sure that nobody else is releasing it",
    ),
    "the first stage is above half": (
        Start(plan=plan(51, 100)),
        "the first stage gives the candidate 51% at once",
        "begin smaller, such as --percent 5, or confirm with --yes",
    ),
    "the candidate gets a copy of somebody's": (
        Start(
            on=replace(
                endpoint(), versions=(Version("blue", True), Version("green", True, copied=30))
            )
        ),
        "'green' gets a copy of 30% of the traffic, which its first share ends",
        "confirm with --yes",
    ),
    "another version gets a copy, and the plan has a shadow": (
        Start(
            plan=shadowed(20),
            limits=replace(LIMITS, shadow_up_to=50),
            on=replace(
                endpoint(),
                versions=(
                    Version("blue", True),
                    Version("green", True),
                    Version("teal", True, copied=30),
                ),
            ),
        ),
        "'teal' gets a copy of 30% of the traffic, which the plan's shadow ends",
        "confirm with --yes",
    ),
    "the plan has no checks": (
        Start(plan=plan(checks=())),
        "the plan has no check: nothing would stop a bad candidate",
        "add checks to the plan, or confirm with --yes",
    ),
    "the plan only watches": (
        Start(plan=plan(checks=(replace(ERRORS, role=Role.WATCH),))),
        "the plan has no check that decides: nothing would stop a bad candidate",
        "add checks to the plan, or confirm with --yes",
    ),
    "a third version has traffic": (
        Start(on=endpoint({"blue": 80, "teal": 20})),
        "besides the two arms there is traffic on teal 20%",
        "it would go to the baseline 'blue'; confirm with --yes",
    ),
    "the last change of the endpoint failed": (
        Start(on=replace(endpoint(), failure="no capacity")),
        "the last change of 'churn' failed: no capacity",
        "see that the endpoint is well, or confirm with --yes",
    ),
    "a metric that is only watched is not there": (
        Start(plan=plan(checks=(ERRORS, built_in("gpu", Role.WATCH)))),
        "check 'gpu': this cloud has no metric 'gpu', so it shows nothing",
        "it has errors_5xx, latency_p99; leave the check out: --skip gpu",
    ),
}


@pytest.mark.parametrize(
    ("start", "message", "hint", "error", "code"), REFUSED.values(), ids=REFUSED.keys()
)
def test_a_release_is_refused_when(
    start: Start, message: str, hint: str, error: type[CanaryError], code: Exit
) -> None:
    (trouble,) = start.troubles()

    assert (trouble.message, trouble.hint) == (message, hint)
    assert trouble.blocks
    assert trouble.exit is code
    assert type(trouble.as_error()) is error


def test_an_endpoint_with_nothing_deployed_has_one_reason() -> None:
    trouble = unfit(replace(endpoint(), versions=(), traffic=Traffic({})))

    assert trouble is not None
    assert (
        trouble.message == "endpoint 'churn' can't be released by shares: nothing is deployed on it"
    )
    assert trouble.exit is Exit.USAGE


@pytest.mark.parametrize(("start", "message", "hint"), RISKS.values(), ids=RISKS.keys())
def test_a_release_is_a_risk_to_confirm_when(start: Start, message: str, hint: str) -> None:
    (trouble,) = start.troubles()

    assert (trouble.message, trouble.hint) == (message, hint)
    assert not trouble.blocks


FINE: Mapping[str, Start] = {
    "the first stage is exactly half": Start(plan=plan(50, 100)),
    "tenths where the cloud takes tenths": Start(
        plan=plan(0.3, 5.5, 100), limits=replace(LIMITS, finest_percent=0.1)
    ),
    "a metric of one's own from this cloud": Start(plan=plan(checks=(custom("cloudwatch"),))),
    "a candidate that is yet to be brought in": Start(candidate=""),
    "as much of a shadow as the cloud has": Start(
        plan=shadowed(50), limits=replace(LIMITS, shadow_up_to=50)
    ),
    "an alarm of this cloud": Start(plan=plan(checks=(alarm("high-5xx"),))),
    "an idle third version": Start(on=endpoint({"blue": 100, "teal": 0})),
    "a third version that is not in service": Start(on=endpoint(idle=("teal",))),
}


@pytest.mark.parametrize("start", FINE.values(), ids=FINE.keys())
def test_a_release_may_start_with(start: Start) -> None:
    assert start.troubles() == ()


def test_every_reason_is_told_at_once_and_those_that_refuse_come_first() -> None:
    shares = {"blue": 78, "teal": 20, "green": 2}
    crowded = replace(endpoint(shares, idle=("green",)), settled=False)

    found = Start(plan(60.5, 100, checks=()), on=crowded).troubles()

    assert [(t.blocks, t.error) for t in found] == [
        (True, Busy),
        (True, Conflict),
        (True, Unsupported),
        (False, UsageError),
        (False, UsageError),
        (False, UsageError),
        (False, UsageError),
    ]


def test_an_error_made_of_a_trouble_says_how_to_go_on() -> None:
    (trouble,) = Start(candidate="red").troubles()

    error = trouble.as_error()

    assert str(error) == "endpoint 'churn' has no version 'red' to be the candidate"
    assert error.hints == ("it has blue, green, teal",)


def sized(blue: int, green: int) -> Endpoint:
    versions = (
        Version("blue", in_service=True, instances=blue),
        Version("green", in_service=True, instances=green),
    )
    return Endpoint("churn", versions, Traffic.all_to("blue"), settled=True)


def test_too_few_instances_for_the_first_stage_are_a_risk() -> None:
    (trouble,) = preflight(plan(50, 100), LIMITS, sized(4, 1), "blue", "green")

    assert trouble.message == "green would get 50% with 1 instance, where 2 carry that now"
    assert not trouble.blocks


def test_too_few_instances_for_the_shadow_are_a_risk() -> None:
    able = replace(LIMITS, shadow_up_to=100)

    (trouble,) = preflight(shadowed(50), able, sized(4, 1), "blue", "green")

    assert trouble.message == "green would get 50% with 1 instance, where 2 carry that now"
    assert not trouble.blocks


def test_too_few_instances_for_a_later_stage_wait_until_it_comes() -> None:
    assert preflight(plan(5, 50, 100), LIMITS, sized(4, 1), "blue", "green") == ()


def test_a_version_without_an_instance_is_refused() -> None:
    first, *_ = preflight(plan(5, 100), LIMITS, sized(4, 0), "blue", "green")

    assert (first.message, first.blocks) == ("'green' has no instance", True)
