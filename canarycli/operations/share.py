"""A share that a person asks for by hand, against what the cloud can do."""

from canarycli.errors import PlanError
from canarycli.provider import Limits
from canarycli.traffic import TOLERANCE, percent


def check_share(share: float, flag: str, limits: Limits) -> None:
    """Refuse a share that no split can have, before anything is recorded.

    Raises:
        PlanError: it is not from 0 to 100, or finer than the cloud's shares; names the flag.
    """
    if not 0 <= share <= 100:
        raise PlanError(flag, f"{share:g} is not between 0 and 100")
    step = limits.finest_percent
    if abs(share / step - round(share / step)) > TOLERANCE:
        raise PlanError(flag, f"shares here are multiples of {percent(step)}")
