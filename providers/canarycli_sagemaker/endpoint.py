"""Reads an endpoint out of DescribeEndpoint's answer, and its config's where that is known."""

from collections.abc import Mapping
from typing import Any

from canarycli.provider import Endpoint, Version
from canarycli.refusals import read, with_advice
from canarycli.traffic import Traffic
from canarycli_sagemaker.configs import EndpointConfig
from canarycli_sagemaker.naming import account_of
from canarycli_sagemaker.raw import Look, is_serverless
from canarycli_sagemaker.refusals import REFUSALS
from canarycli_sagemaker.undone import Asked, undone

BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
"""Statuses in which a change is under way and AWS refuses every other one."""

SERVING = frozenset(
    {"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"}
)
"""Statuses in which variants answer requests; one that rolls back still does."""

BROKEN = {
    "Failed": "it has failed; SageMaker only lets it be deleted: delete it and create it anew",
    "OutOfService": "it is out of service; delete it and create it anew",
    "UpdateRollbackFailed": "its last update failed and so did the way back, and it serves a mix "
    "of both; repair it with a new UpdateEndpoint",
    "Deleting": "it is being deleted; name another endpoint",
}
"""Statuses in which no release can begin, however long anybody waits."""


def read_endpoint(
    name: str,
    answer: Mapping[str, Any],
    config: EndpointConfig | None,
    asked: Asked | None = None,
) -> Endpoint:
    """The endpoint as it is.

    Args:
        name: the endpoint's.
        answer: DescribeEndpoint's.
        config: adds models, instance types and what only it can tell.
        asked: the last change of variants this process asked for.
    """
    look = Look.of(answer)
    traffic, wanted = Traffic.from_weights(look.weights), Traffic.from_weights(look.wanted)
    variants = answer.get("ProductionVariants") or []
    shadows = answer.get("ShadowProductionVariants") or []
    return Endpoint(
        name=name,
        versions=tuple(_version(v, look, config) for v in (*variants, *shadows)),
        traffic=Traffic(traffic.shares, _shadow(look, shadows)),
        settled=look.status not in BUSY and not look.pending_config and traffic.same_as(wanted),
        status=look.status,
        revision=f"{_moment(answer.get('LastModifiedTime'))} {look.config_name}",
        failure=_failure(answer, look, asked),
        unfit=_kind(variants, config) or _unfit(look),
        indivisible=look.status == "Deleting" or bool(_kind(variants, config)),
        account=account_of(look.arn),
        raw=look,
    )


def _version(variant: Mapping[str, Any], look: Look, config: EndpointConfig | None) -> Version:
    name = variant["VariantName"]
    count = look.counts.get(name)
    shadow = name in look.shadows
    spec = config.variants.get(name) if config is not None else None
    statuses = {status.get("Status") for status in variant.get("VariantStatus") or []}
    asleep = count == 0 and not look.is_async
    kind = spec.instance_type if spec is not None else ""
    return Version(
        name=name,
        in_service=look.status in SERVING
        and not asleep
        and not statuses & {"Creating", "Deleting"},
        model=spec.model if spec is not None else "",
        instances=count,
        detail=_size(count, kind) + (", shadow" if shadow else ""),
        state=_state(look, statuses, asleep=asleep),
        dead=look.status in {"Failed", "OutOfService"},
    )


def _state(look: Look, statuses: set[Any], *, asleep: bool) -> str:
    """SageMaker's word for why a variant does not answer."""
    if look.status not in SERVING:
        return look.status
    words = sorted(statuses & {"Creating", "Deleting"})
    return ", ".join(words) or ("without an instance" if asleep else "")


def _size(count: int | None, instance_type: str) -> str:
    if count is None:
        return "serverless"
    if instance_type:
        return f"{count} × {instance_type}"
    return f"{count} instance" if count == 1 else f"{count} instances"


def _shadow(look: Look, shadows: list[Any]) -> dict[str, float]:
    """A shadow variant gets its weight's part of the production variant's."""
    total = sum(look.weights.values())
    if total <= 0:
        return {}
    return {
        v["VariantName"]: min(100.0, 100 * float(v.get("CurrentWeight") or 0.0) / total)
        for v in shadows
    }


def _failure(answer: Mapping[str, Any], look: Look, asked: Asked | None) -> str:
    reason = str(answer.get("FailureReason") or "")
    if not reason and look.status in {"Failed", "UpdateRollbackFailed"}:
        return f"the endpoint is {look.status}, and SageMaker gives no reason"
    reason = with_advice(reason, read(REFUSALS, f"{look.status}: {reason}"))
    return undone(asked, look, reason) or reason


def _kind(variants: list[Any], config: EndpointConfig | None) -> str:
    """Why an endpoint's kind has no shares of traffic to move, "" if it has."""
    if any(is_serverless(v) for v in variants):
        return (
            "it is serverless, and a serverless endpoint has no second variant to shift traffic "
            "to; move it to instances"
        )
    if config is not None and config.components:
        return (
            "it runs inference components, where variant weights say nothing about models; use "
            "UpdateInferenceComponent with a rolling update"
        )
    return ""


def _unfit(look: Look) -> str:
    if look.status in BROKEN:
        return BROKEN[look.status]
    if look.shadows:
        return (
            f"it has a shadow variant ({', '.join(look.shadows)}), which excludes a second "
            "production variant; take the shadow away first"
        )
    return ""


def _moment(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")
