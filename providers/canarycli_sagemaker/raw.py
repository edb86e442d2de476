"""What SageMaker said of an endpoint and will be asked for again; `Endpoint.raw`."""

from collections.abc import Iterable, Mapping
from typing import Any

from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What `shift` and the rest need of the endpoint again, in SageMaker's words.

    Attributes:
        wanted: the weights that were last asked for, by variant.
        weights: the weights in force.
        counts: instances running, by variant; absent for serverless ones.
        steps: what each variant is doing, in SageMaker's words: `v42 Creating`.
    """

    arn: str
    config_name: str
    status: str
    weights: Mapping[str, float]
    wanted: Mapping[str, float]
    counts: Mapping[str, int]
    pending_config: str = ""
    shadows: tuple[str, ...] = ()
    is_async: bool = False
    steps: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Look":
        """What there is in DescribeEndpoint's answer; a new endpoint has no variants yet."""
        variants = answer.get("ProductionVariants") or []
        shadows = answer.get("ShadowProductionVariants") or []
        pending = answer.get("PendingDeploymentSummary") or {}
        weights = {v["VariantName"]: float(v.get("CurrentWeight") or 0.0) for v in variants}
        return cls(
            arn=str(answer["EndpointArn"]),
            config_name=str(answer.get("EndpointConfigName", "")),
            status=str(answer["EndpointStatus"]),
            weights=weights,
            wanted={
                v["VariantName"]: float(v.get("DesiredWeight", weights[v["VariantName"]]))
                for v in variants
            },
            counts={
                v["VariantName"]: int(v["CurrentInstanceCount"])
                for v in (*variants, *shadows)
                if "CurrentInstanceCount" in v and not is_serverless(v)
            },
            pending_config=str(pending.get("EndpointConfigName", "")),
            shadows=tuple(v["VariantName"] for v in shadows),
            is_async=bool(answer.get("AsyncInferenceConfig")),
            steps=_steps((*variants, *(pending.get("ProductionVariants") or []))),
        )


def is_serverless(variant: Mapping[str, Any]) -> bool:
    """Whether a variant has no instances; AWS may count none for it."""
    return "CurrentServerlessConfig" in variant or "DesiredServerlessConfig" in variant


def _steps(variants: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    found = {
        f"{variant['VariantName']} {status['Status']}": None
        for variant in variants
        for status in variant.get("VariantStatus") or []
    }
    return tuple(found)
