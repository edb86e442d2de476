"""What a person may say about an AWS account and its metrics, checked once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from canarycli.errors import UsageError
from canarycli.failing import USUAL, Failures
from canarycli.late_methods import dataclass

MINUTE = timedelta(minutes=1)
"""The period of CloudWatch's metrics unless an endpoint publishes more often."""

METRIC_DELAY = timedelta(minutes=2)
"""CloudWatch's newest minute still grows, and the one before may; AWS gives no figure."""

COUNTED = {
    frozenset(USUAL): "errors",
    frozenset({"5xx"}): "errors_5xx",
    frozenset({"4xx"}): "errors_4xx",
    frozenset({"4xx", "5xx"}): "model_errors",
}
"""The metrics there are by the status codes they count."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the endpoints are and how their metrics come.

    Attributes:
        profile: a profile of the AWS configuration; None for the usual chain.
        region: a region; None for the profile's or the environment's.
        endpoint_url: where AWS's own API is, all services of it; None for the usual place, or
            what AWS_ENDPOINT_URL says.
        account: the account the endpoints have to be in; None for any.
        metric_delay: points younger than this may still change.
        metric_period: the length of a metric's period; None for what the endpoint publishes.
        errors: the metric of CloudWatch's that counts what `failures:` says.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    account: str | None = None
    metric_delay: timedelta = METRIC_DELAY
    metric_period: timedelta | None = None
    errors: str = "errors"

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> "Settings":
        """The settings of one endpoint; keys that mean nothing here are left alone.

        Raises:
            UsageError: a period that CloudWatch has not.
        """
        period = settings.get("metric_period")
        if period is not None and not _is_period(period):
            raise UsageError(
                f"CloudWatch has no periods of {period.total_seconds():g} seconds",
                hint="set metric_period to 10s, 30s or whole minutes, or leave it out",
            )
        return cls(
            profile=settings.get("profile") or None,
            region=settings.get("region") or None,
            endpoint_url=settings.get("endpoint_url") or None,
            account=settings.get("account") or None,
            metric_delay=METRIC_DELAY if (d := settings.get("metric_delay")) is None else d,
            metric_period=period,
            errors=_counting(settings.get("failures")),
        )


def _counting(failures: Any) -> str:
    """The built-in metric that counts these status codes."""
    codes = frozenset(Failures.parse(failures).codes)
    if codes not in COUNTED:
        raise UsageError(
            f"CloudWatch counts SageMaker's answers by class, not {', '.join(sorted(codes))}",
            hint="failures: [5xx] or [4xx, 5xx]; without it, time-outs count beside 5xx",
        )
    return COUNTED[codes]


def _is_period(period: timedelta) -> bool:
    seconds = period.total_seconds()
    return seconds in {1, 5, 10, 20, 30} or (seconds >= 60 and seconds % 60 == 0)
