"""Where canary keeps things on this machine."""

import os
from collections.abc import Mapping


def state_folder(env: Mapping[str, str], platform: str = os.name) -> str:
    """The folder of records, caches and fault reports; it need not exist yet.

    `CANARY_STATE`, else `canary` under the state folder of the user: `XDG_STATE_HOME`, on
    Windows `LOCALAPPDATA`. Text and not a `Path`: completion reads it in the time of a keypress.
    """
    given = env.get("CANARY_STATE", "")
    if given and "://" not in given:  # records in an object store, the rest stays here
        return os.path.expanduser(given)  # noqa: PTH111 - see above
    if platform == "nt" and env.get("LOCALAPPDATA"):
        return f"{env['LOCALAPPDATA']}\\canary"
    home = env.get("XDG_STATE_HOME") or "~/.local/state"
    return os.path.expanduser(f"{home}/canary")  # noqa: PTH111 - see above
