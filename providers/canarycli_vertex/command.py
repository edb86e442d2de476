"""Writes gcloud's own command line for a split, for when canary can't run."""

import shlex

from canarycli.traffic import Traffic
from canarycli_vertex.settings import Settings


def update_command(settings: Settings, endpoint_id: str, to: Traffic) -> str:
    """`gcloud ai endpoints update`, with every version that `to` names."""
    rounded = to.rounded(1)
    names = dict.fromkeys((*rounded, *to.shares))
    split = ",".join(f"{name}={round(rounded.get(name, 0))}" for name in names)
    return shlex.join(
        [
            *("gcloud", "ai", "endpoints", "update", endpoint_id),
            f"--region={settings.region}",
            f"--project={settings.project}",
            f"--traffic-split={split}",
        ]
    )
