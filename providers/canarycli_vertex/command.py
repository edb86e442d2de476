"""Writes gcloud's own command line for a split, for when canary can't run."""

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
    wanted = (f"--filter=displayName={shlex.quote(name)}", "--format=value(name)")
    return f'"$({shlex.join(["gcloud", "ai", "endpoints", "list", *place, *wanted])})"'
