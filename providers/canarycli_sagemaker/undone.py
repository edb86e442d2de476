"""Notices that SageMaker took a change of variants back without a word."""

from canarycli.late_methods import dataclass
from canarycli_sagemaker.raw import Look


@dataclass(frozen=True, slots=True)
class Asked:
    """An UpdateEndpoint that was accepted: from one config to another."""

    base: str
    wanted: str


class Asks:
    """The last change of variants this process asked each endpoint for."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}

    def put(self, endpoint: str, asked: Asked) -> None:
        """Remember a change that was accepted."""
        self._asked[endpoint] = asked

    def expected(self, endpoint: str, config: str) -> Asked | None:
        """The change that has not come true yet.

        Args:
            endpoint: its name.
            config: the one it was just seen with; once it is the new one, all is well.
        """
        asked = self._asked.get(endpoint)
        if asked is not None and asked.wanted == config:
            del self._asked[endpoint]
            return None
        return asked


def undone(asked: Asked | None, look: Look, reason: str) -> str:
    """Why the endpoint is on its old config again, "" if it is not."""
    if asked is None or look.pending_config or look.config_name != asked.base:
        return ""
    words = reason or "SageMaker gives no reason"
    return f"the change to config {asked.wanted!r} was taken back: {words}"
