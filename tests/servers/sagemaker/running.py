"""Start the server as a process, and steer it."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

TESTS = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running server; `environment` is what a client's process needs to find it."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """AWS variables with made-up keys; merge them into a process's own."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": token_hex(10),
            "AWS_SECRET_ACCESS_KEY": token_hex(20),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def control(self, action: str, body: Any = None) -> Any:
        """One call of the control surface."""
        request = urllib.request.Request(
            f"{self.url}/__control/{action}", json.dumps(body or {}).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def endpoint(self, name: str, variants: dict[str, Any], **more: Any) -> None:
        """An endpoint in service; each variant is a weight or a dict of its own."""
        ways = {v: w if isinstance(w, dict) else {"weight": w} for v, w in variants.items()}
        self.control("endpoint", {"name": name, "variants": ways, **more})

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        self.control("faults", [{"operation": operation, "kind": kind, **more}])

    def calls(self, operation: str = "") -> list[dict[str, Any]]:
        """The API calls so far, or those of one operation."""
        every: list[dict[str, Any]] = self.control("calls")
        return [call for call in every if operation in {"", call["operation"]}]

    def operations(self) -> list[str]:
        return [call["operation"] for call in self.calls()]

    def weights(self, endpoint: str) -> dict[str, float]:
        """The weights in force now."""
        variants = self.control("state", {"endpoint": endpoint})["ProductionVariants"]
        return {variant["VariantName"]: variant["CurrentWeight"] for variant in variants}


@contextmanager
def running(*, loaded: bool = False) -> Iterator[Server]:
    """A server of its own process on a free port, ended at the end.

    `loaded`: with moto from the start; on a busy machine its loading outlasts a client's patience.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "servers.sagemaker", *(["--loaded"] if loaded else [])],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
