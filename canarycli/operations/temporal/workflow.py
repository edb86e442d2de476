"""A release as Temporal sees it: look, wait, look again; nothing here knows what a look does."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

LOOK = "look"
"""The activity."""

AT_MOST = timedelta(minutes=10)
"""How long one look may take before its worker is given up."""

AGAIN = RetryPolicy(maximum_interval=timedelta(seconds=30))
"""A look that breaks is taken again, for ever: canary's own rules say when a release ends."""


@dataclass(frozen=True)
class Aim:
    """What is looked at.

    Attributes:
        key: of the endpoint in the records.
        release: its id; another one on the same endpoint has a workflow of its own.
    """

    key: str
    release: str


@dataclass(frozen=True)
class Seen:
    """What a look came to.

    Attributes:
        wake: seconds until the next one, None where the release is over.
        attributes: what Temporal is told for its search, of those it knows.
    """

    wake: float | None
    attributes: dict[str, str] = field(default_factory=dict)


@workflow.defn(name="canary-release")
class ReleaseWorkflow:
    """Calls for a look as long as the release is open, and sooner when it is poked."""

    def __init__(self) -> None:
        self._poked = False
        self._told: dict[str, str] = {}

    @workflow.signal
    def poke(self) -> None:
        """Somebody asked for something: look now."""
        self._poked = True

    @workflow.run
    async def run(self, aim: Aim) -> None:
        """Look and wait, until there is nothing more to look at."""
        while True:
            self._poked = False
            seen = await workflow.execute_local_activity(
                LOOK, aim, result_type=Seen, start_to_close_timeout=AT_MOST, retry_policy=AGAIN
            )
            self._tell(seen.attributes)
            if seen.wake is None:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(aim)
            await self._wait(seen.wake)

    async def _wait(self, seconds: float) -> None:
        try:
            await workflow.wait_condition(lambda: self._poked, timeout=seconds)
        except asyncio.TimeoutError:  # noqa: UP041 - what Temporal names
            return

    def _tell(self, attributes: dict[str, str]) -> None:
        if attributes != self._told:
            self._told = attributes
            workflow.upsert_search_attributes(
                [
                    SearchAttributeKey.for_keyword(name).value_set(value)
                    for name, value in attributes.items()
                ]
            )
