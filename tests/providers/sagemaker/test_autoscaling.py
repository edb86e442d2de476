"""Autoscaled variants: bounds and policies that survive what a release does to the endpoint."""

from typing import Any

import pytest
from servers.sagemaker import Server

from canarycli.errors import Rejected
from canarycli_sagemaker import SageMaker

AN_HOUR = 3600


@pytest.fixture
def churn(server: Server) -> str:
    server.control("settings", {"update_seconds": AN_HOUR, "weights_seconds": 0})
    server.endpoint("churn", {"blue": {"weight": 1, "instances": 6}, "old": {"weight": 0}})
    return "churn"


def scale(sagemaker: SageMaker, version: str, least: int = 2, most: int = 9) -> None:
    """Register a variant the way people do, with one policy."""
    where = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/churn/variant/{version}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    client = sagemaker.clients.autoscaling
    client.register_scalable_target(**where, MinCapacity=least, MaxCapacity=most)
    client.put_scaling_policy(
        **where,
        PolicyName="follow-load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )


def bounds(sagemaker: SageMaker, version: str) -> Any:
    found = sagemaker.autoscaling.of("churn", [version]).get(version)
    return (found.least, found.most) if found else None


def names(sagemaker: SageMaker, version: str) -> list[str]:
    return [policy["PolicyName"] for policy in sagemaker.autoscaling.policies("churn", version)]


def test_only_registered_variants_scale(sagemaker: SageMaker, churn: str) -> None:
    scale(sagemaker, "blue")

    found = sagemaker.autoscaling.of(churn, ["blue", "old"])

    assert {name: (s.least, s.most) for name, s in found.items()} == {"blue": (2, 9)}


def test_a_retired_variant_is_deregistered_first(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    scale(sagemaker, "old")

    sagemaker.retire(sagemaker.describe(churn), "old")

    server.control("settle", {"endpoint": churn})
    assert sagemaker.describe(churn).version("old") is None
    assert bounds(sagemaker, "old") is None


def test_a_variant_whose_removal_is_refused_scales_as_before(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    scale(sagemaker, "old")
    server.fault("UpdateEndpoint", "refuse", code="ValidationException", message="no")

    with pytest.raises(Rejected):
        sagemaker.retire(sagemaker.describe(churn), "old")

    assert bounds(sagemaker, "old") == (2, 9)
    assert names(sagemaker, "old") == ["follow-load"]


def test_who_may_not_look_at_autoscaling_can_still_retire(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.fault("DescribeScalableTargets", "denied")

    sagemaker.retire(sagemaker.describe(churn), "old")

    assert len(server.calls("UpdateEndpoint")) == 1


def test_a_promoted_candidate_can_scale_like_the_baseline(sagemaker: SageMaker, churn: str) -> None:
    scale(sagemaker, "blue")

    assert sagemaker.autoscaling.copy(churn, "blue", "old")

    assert bounds(sagemaker, "old") == (2, 9)
    assert names(sagemaker, "old") == ["follow-load"]


def test_there_is_nothing_to_copy_from_a_variant_that_does_not_scale(
    sagemaker: SageMaker, churn: str
) -> None:
    assert not sagemaker.autoscaling.copy(churn, "blue", "old")
    assert bounds(sagemaker, "old") is None


def test_a_baseline_kept_warm_gets_its_minimum_back(sagemaker: SageMaker, churn: str) -> None:
    scale(sagemaker, "blue")

    kept = sagemaker.warmth.keep(sagemaker.describe(churn), "blue", "r-7k2f")

    assert kept
    assert bounds(sagemaker, "blue") == (6, 9)
    later = SageMaker({})
    assert later.warmth.let_go(later.describe(churn), "blue")
    assert bounds(sagemaker, "blue") == (2, 9)


def test_keeping_warm_twice_remembers_the_first_minimum(sagemaker: SageMaker, churn: str) -> None:
    scale(sagemaker, "blue")
    for _ in range(2):
        sagemaker.warmth.keep(sagemaker.describe(churn), "blue", "r-7k2f")

    sagemaker.warmth.let_go(sagemaker.describe(churn), "blue")

    assert bounds(sagemaker, "blue") == (2, 9)


def test_a_variant_that_does_not_scale_needs_no_keeping(sagemaker: SageMaker, churn: str) -> None:
    seen = sagemaker.describe(churn)

    assert not sagemaker.warmth.keep(seen, "blue", "r-7k2f")
    assert not sagemaker.warmth.let_go(seen, "blue")
