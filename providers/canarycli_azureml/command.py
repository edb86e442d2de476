"""The line to paste when canary can't run: Azure's own command for a split."""

import re
import shlex

from canarycli.traffic import Traffic
from canarycli_azureml.settings import Settings


def plain_command(endpoint: str, to: Traffic, settings: Settings) -> str:
    """`az ml online-endpoint update` with the whole traffic map, zeroes named."""
    whole = to.rounded(1)
    words = [
        f"az ml online-endpoint update --name {shlex.quote(endpoint)}",
        f"--traffic {_quoted({name: whole.get(name, 0) for name in to.shares})}",
        *([f"--mirror-traffic {_quoted(dict(to.shadow))}"] if to.shadow else []),
        f"-g {shlex.quote(settings.resource_group)} -w {shlex.quote(settings.workspace)}",
        f"--subscription {shlex.quote(settings.subscription)}",
    ]
    return " ".join(words)


def _quoted(shares: dict[str, float]) -> str:
    """`"blue=100 green=0"`: one word, in the quotes that every shell has where names are names."""
    text = " ".join(f"{name}={share:g}" for name, share in shares.items())
    return f'"{text}"' if re.fullmatch(r"[\w.= -]*", text) else shlex.quote(text)
