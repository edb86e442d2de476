"""`canary rollback` on SageMaker against the aws command, on one loopback server."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from contest import Contest, Rival, contests_on, until
from output import beside, first_line
from processes import Cost
from servers.sagemaker.running import Server, running

ENDPOINT, BASELINE, CANDIDATE = "churn", "blue", "green"
COMMAND = (
    "sagemaker",
    "update-endpoint-weights-and-capacities",
    *("--endpoint-name", ENDPOINT),
    "--desired-weights-and-capacities",
    f"VariantName={BASELINE},DesiredWeight=100",
    f"VariantName={CANDIDATE},DesiredWeight=0",
)


@contextmanager
def contests() -> Iterator[tuple[Contest, ...]]:
    """The contests, with the server up as long as they are in use."""
    aws = find_aws()
    version = first_line((aws, "--version")).split()[0]
    with running() as server, TemporaryDirectory() as home:
        # Nothing of the person's: no settings, no state, and keys made up on the spot.
        env = {"PATH": os.environ["PATH"], "HOME": home, **server.environment}
        yield contests_on(
            Play(server),
            ("--provider", "sagemaker", "-e", ENDPOINT),
            Rival(f"aws {' '.join(COMMAND[:2])}", (aws, *COMMAND), version, Cost(1, 1)),
            env,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """The endpoint; a change of weights is in place at once."""

    server: Server

    def split(self) -> None:
        """An endpoint in the middle of a release, and no calls yet."""
        self.server.control("reset")
        self.server.control("settings", {"weights_seconds": 0})
        self.server.endpoint(ENDPOINT, {BASELINE: 90, CANDIDATE: 10})

    def check_home(self) -> None:
        """Raise unless all traffic is on the baseline."""
        weights = self.server.weights(ENDPOINT)
        if weights[CANDIDATE] or not weights[BASELINE]:
            raise RuntimeError(f"traffic is not home: {weights}")

    def calls_until_moved(self) -> list[str]:
        """The calls since `split`, up to the one that moves traffic."""
        return until("UpdateEndpointWeightsAndCapacities", self.server.operations())


def find_aws() -> str:
    """The aws command next to the interpreter, else on PATH.

    Raises:
        SystemExit: there is none.
    """
    found = shutil.which(beside("aws"))
    if found is None:
        raise SystemExit(
            "bench: no aws command; it is no dependency of canary, so give it a home of its own: "
            "python3 -m venv .venv-aws && .venv-aws/bin/pip install awscli, "
            "then put .venv-aws/bin on PATH"
        )
    return found
