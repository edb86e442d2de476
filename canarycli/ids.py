"""Names for new releases, short enough to read out on the telephone."""

from random import SystemRandom

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""Without the letters and digits that sound or look alike."""


def new_id() -> str:
    """A short id that is easy to read out, such as `r-7k2fw`."""
    return "r-" + "".join(SystemRandom().choices(_ALPHABET, k=5))
