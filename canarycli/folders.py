"""Where canary keeps things on this machine."""

import os
from collections.abc import Mapping

from canarycli.errors import UsageError


def state_folder(env: Mapping[str, str], platform: str = os.name) -> str:
    """The folder of records, caches and fault reports; it need not exist yet.

    `CANARY_STATE`, else `canary` under the state folder of the user: `XDG_STATE_HOME`, on
    Windows `LOCALAPPDATA`. Text and not a `Path`: completion reads it in the time of a keypress.

    Raises:
        UsageError: nobody can tell where this user's home is.
    """
    given = env.get("CANARY_STATE", "")
    if given and "://" not in given:  # records in an object store, the rest stays here
        return _expanded(given)
    if platform == "nt" and env.get("LOCALAPPDATA"):
        return f"{env['LOCALAPPDATA']}\\canary"
    home = env.get("XDG_STATE_HOME") or "~/.local/state"
    return _expanded(f"{home}/canary")


def _expanded(folder: str) -> str:
    found = os.path.expanduser(folder)  # noqa: PTH111 - see above
    if found.startswith("~"):
        raise UsageError(
            f"this user has no home, so nobody can tell where {folder!r} is",
            hint="set CANARY_STATE to a folder this user can write to",
        )
    return found
