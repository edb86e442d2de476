"""Notices that SageMaker took a change of variants back without a word."""

from dataclasses import dataclass

from canarycli_sagemaker.raw import Look


@dataclass(frozen=True, slots=True)
class Asked:
    """An UpdateEndpoint that was accepted: from one config to another."""

    base: str
    wanted: str


def undone(asked: Asked | None, look: Look, reason: str) -> str:
    """Why the endpoint is on its old config again, "" if it is not."""
    if asked is None or look.pending_config or look.config_name != asked.base:
        return ""
    words = reason or "SageMaker gives no reason"
    return f"the change to config {asked.wanted!r} was taken back: {words}"
