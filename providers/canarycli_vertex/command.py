"""Writes gcloud's own command line for a split, for when canary can't run."""

import re
import shlex

from canarycli.traffic import Traffic
from canarycli_vertex.settings import Settings


def update_command(settings: Settings, endpoint_id: str, to: Traffic, *, called: str) -> str:
    """`gcloud ai endpoints update`, with every version that `to` names.

    Where the id is not known, the command looks it up by the display name it is `called`.
    """
    rounded = to.rounded(1)
    names = [name for name in dict.fromkeys((*rounded, *to.shares)) if name]
    split = ",".join(f"{name}={round(rounded.get(name, 0))}" for name in names)
    place = (f"--region={settings.region}", f"--project={settings.project}")
    return " ".join(
        [
            "gcloud ai endpoints update",
            shlex.quote(endpoint_id) if endpoint_id else _looked_up(called, place),
            shlex.join([*place, f"--traffic-split={split}"]),
        ]
    )


def _looked_up(name: str, place: tuple[str, ...]) -> str:
    wanted = (f"--filter=displayName={_in_filter(name)}", "--format=value(name)")
    return f'"$({shlex.join(["gcloud", "ai", "endpoints", "list", *place, *wanted])})"'


def _in_filter(name: str) -> str:
    """A value as gcloud's filters take it: in double quotes where it is more than a word."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{escaped}"'
