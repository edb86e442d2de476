"""The rules of a release that is not on its way back, in their order."""

from collections.abc import Callable

from canarycli.release.context import Context, Decision
from canarycli.release.decide.asked import deadline, held_too_long, order
from canarycli.release.decide.claimed import claimed
from canarycli.release.decide.on_probation import on_probation
from canarycli.release.decide.split import deploying, drift, settle, smoke_test
from canarycli.release.decide.verdicts import checks, doubt, paused, silence, stage
from canarycli.release.decide.way_back import health

WAY_ON: tuple[Callable[[Context], Decision | None], ...] = (
    claimed,
    deploying,
    smoke_test,
    health,
    drift,
    settle,
    order,
    deadline,
    held_too_long,
    checks,
    silence,
    doubt,
    paused,
    on_probation,
    stage,
)
