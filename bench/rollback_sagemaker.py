"""`canary rollback` on SageMaker against the aws command, on one loopback server."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from math import inf
from pathlib import Path
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
    script = str(Path(__file__).with_name("by_hand_sagemaker.py"))
    rivals = (
        Rival(
            f"aws {' '.join(COMMAND[:2])}",
            (aws, *COMMAND),
            first_line((aws, "--version")).split()[0],
            Cost(0.5, 1.2),
        ),
        Rival(
            "a script with boto3",
            (sys.executable, script, ENDPOINT, BASELINE, CANDIDATE),
            f"boto3/{version('boto3')}",
            Cost(inf, inf),
        ),
    )
    with running() as server, TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        # Nothing of the person's: no settings, no state, and keys made up on the spot.
        env = {"PATH": os.environ["PATH"], "HOME": str(home), **server.environment}
        yield contests_on(
            Play(server),
            ("--provider", "sagemaker", "-e", ENDPOINT),
            rivals,
            env,
            CANDIDATE,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """The endpoint; a change of weights is in place at once."""

    server: Server
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def begin(self) -> None:
        """All traffic on the baseline."""
        self._put({BASELINE: 100, CANDIDATE: 0})

    def remember(self) -> None:
        """The endpoint's tags, by its ARN."""
        self.tags.update(self.server.control("made")["tags"])

    def split(self) -> None:
        """An endpoint in the middle of a release, with its notes, and no calls yet."""
        self._put({BASELINE: 90, CANDIDATE: 10})
        for arn, tags in self.tags.items():
            self.server.control("tags", {"arn": arn, "tags": tags})

    def _put(self, weights: dict[str, float]) -> None:
        self.server.control("reset")
        self.server.control("settings", {"weights_seconds": 0})
        self.server.endpoint(ENDPOINT, weights)

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
