"""Names for new releases, short enough to read out on the telephone."""

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""Without the letters and digits that sound or look alike."""


def new_id() -> str:
    """A short id that is easy to read out, such as `r-7k2fw`."""
    return "r-" + "".join(secrets.choice(_ALPHABET) for _ in range(5))
