"""Looks at identity, permissions, clock and metrics by calls that change nothing."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from canarycli.errors import CanaryError, Unavailable
from canarycli.late_methods import dataclass
from canarycli.metrics import Measurements, Metric, Window
from canarycli.probes import clock, newest_points
from canarycli.provider import Endpoint, Probe
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients
from canarycli_sagemaker.autoscaling import Autoscaling
from canarycli_sagemaker.errors import is_code

NOBODY = "canary-doctor-no-such-thing"
"""A variant, config and model that no account has: AWS checks permissions before it looks."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything worth knowing before a release."""

    clients: Clients
    describe: Callable[[str], Endpoint]
    measure: Callable[[str, Collection[str], Collection[Metric], Window], Measurements]

    def identity(self) -> Iterator[Probe]:
        """Who the credentials belong to, how long they last, and whether the clock is right."""
        try:
            with self.clients.asking("ask who this is"):
                answer = self.clients.identity.get_caller_identity()
            answer = checked(answer, "ask who this is", "Arn")
        except CanaryError as error:
            yield _failed("identity", error)
            return
        yield Probe("identity", ok=True, detail=str(answer["Arn"]))
        yield self._expiry(datetime.now(UTC))
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        yield from clock(date, "AWS's", datetime.now(UTC))

    def permissions(self, endpoint: str, *, deploys: bool = False) -> Iterator[Probe]:
        """Each permission a release needs, by a call that can't have an effect.

        Raises:
            ProviderError: the endpoint can't even be looked at.
        """
        seen = self.describe(endpoint)
        yield Probe("sagemaker:DescribeEndpoint", ok=True, detail=f"{endpoint} is {seen.status}")
        aws, arn = self.clients.sagemaker, seen.raw.arn
        config = seen.raw.config_name
        nothing = [{"VariantName": NOBODY, "DesiredWeight": 0.0}]
        tries: list[tuple[str, Callable[[], Any]]] = [
            (
                "sagemaker:UpdateEndpointWeightsAndCapacities",
                lambda: aws.update_endpoint_weights_and_capacities(
                    EndpointName=endpoint, DesiredWeightsAndCapacities=nothing
                ),
            ),
            ("sagemaker:ListTags", lambda: aws.list_tags(ResourceArn=arn)),
            ("sagemaker:AddTags", lambda: aws.add_tags(ResourceArn=arn, Tags=[])),
            (
                "sagemaker:DescribeEndpointConfig",
                lambda: aws.describe_endpoint_config(EndpointConfigName=config),
            ),
        ]
        if deploys:
            tries += self._to_deploy(endpoint)
        for name, call in tries:
            yield self._may(name, call)
        if deploys:
            yield self._may(
                "application-autoscaling:DescribeScalableTargets",
                lambda: Autoscaling(self.clients).of(endpoint, list(seen.raw.weights)),
            )

    def metrics(
        self, endpoint: str, versions: Collection[str], metrics: Collection[Metric], now: datetime
    ) -> Iterator[Probe]:
        """The newest point of each metric on each version in the last quarter of an hour."""
        window = Window(now - timedelta(minutes=15), now)
        try:
            found = self.measure(endpoint, versions, metrics, window)
        except CanaryError as error:
            yield _failed("cloudwatch:GetMetricData", error)
            return
        yield Probe("cloudwatch:GetMetricData", ok=True, detail="CloudWatch answers")
        yield from newest_points(found, versions, metrics)

    def _expiry(self, now: datetime) -> Probe:
        credentials = self.clients.session.get_credentials()
        until = getattr(credentials, "_expiry_time", None)
        if until is None:
            return Probe("credentials", ok=True, detail="they do not expire by themselves")
        minutes = (until - now).total_seconds() / 60
        detail = f"{minutes:.0f} minutes left"
        hint = () if minutes > 60 else ("a long release outlives them; sign in again first",)
        return Probe("credentials", ok=minutes > 0, detail=detail, hints=hint)

    def _to_deploy(self, endpoint: str) -> list[tuple[str, Callable[[], Any]]]:
        aws = self.clients.sagemaker
        variant = {
            "VariantName": NOBODY,
            "ModelName": NOBODY,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        return [
            ("sagemaker:DescribeModel", lambda: aws.describe_model(ModelName=NOBODY)),
            (
                "sagemaker:CreateEndpointConfig",
                lambda: aws.create_endpoint_config(
                    EndpointConfigName=NOBODY, ProductionVariants=[variant]
                ),
            ),
            (
                "sagemaker:UpdateEndpoint",
                lambda: aws.update_endpoint(EndpointName=endpoint, EndpointConfigName=NOBODY),
            ),
        ]

    def _may(self, name: str, call: Callable[[], Any]) -> Probe:
        try:
            with self.clients.asking(f"use {name}"):
                call()
        except CanaryError as error:
            # Whoever is told that there is no such thing was allowed to ask.
            if not is_code(error, "ValidationException"):
                return _failed(name, error)
        return Probe(name, ok=True, detail="allowed")


def _failed(name: str, error: CanaryError) -> Probe:
    """No answer tells nothing; everything else is a no."""
    ok = None if isinstance(error, Unavailable) else False
    return Probe(name, ok=ok, detail=error.message, hints=error.hints)
