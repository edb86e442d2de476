"""What an interrupt of a driver does: apart, so that options need not load the driver."""

from enum import StrEnum


class OnInterrupt(StrEnum):
    """What Ctrl-C or a cancelled job does."""

    HOLD = "hold"
    ROLLBACK = "rollback"
