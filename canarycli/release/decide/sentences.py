"""Small questions about a release that several rules ask."""

from datetime import timedelta

from canarycli.release.record import Cause, Release, State


def paused_for(release: Release, cause: Cause) -> bool:
    """Whether the release is paused for that cause."""
    return (
        release.state is State.PAUSED
        and release.pause is not None
        and (release.pause.cause is cause)
    )


def alone(release: Release) -> bool:
    """Whether the candidate has everything: nobody is left to compare with, only fails count."""
    return release.target >= 100


def span(length: timedelta) -> str:
    """A length of time as people say it: `1 h 5 min`, `45 s`."""
    seconds = int(length.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts) or f"{seconds} s"
