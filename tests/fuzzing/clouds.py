"""Each cloud's server with one odd thing in every answer, by seed."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from providers.odd_answers import ask_everything, release_and_roll_back
from servers.azureml.running import PLACE, serving
from servers.sagemaker import running
from servers.vertex import Server
from servers.vertex.seed import seed as sown

from canarycli_azureml import AzureML
from canarycli_sagemaker import SageMaker
from canarycli_vertex import Vertex

Target = Callable[[int], None]


@contextmanager
def sagemaker() -> Iterator[Target]:
    """Amazon's."""
    with running() as server:
        os.environ.update(server.environment)
        provider = SageMaker({"region": "us-east-1"})
        server.endpoint("churn", {"blue": {"weight": 1.0}, "teal": {"weight": 0.0}})

        def one(seed: int) -> None:
            server.control("clear_faults")
            server.fault("*", "mutate", code=str(seed))
            _all(provider, "churn", ("blue", "teal"))

        yield one


@contextmanager
def azureml() -> Iterator[Target]:
    """Microsoft's."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "ca.pem") as server:
        os.environ.update(server.environment)
        server.control("reset")
        arms: dict[str, dict[str, object]] = {"blue": {}, "teal": {}}
        server.control("endpoint", name="churn", traffic={"blue": 100}, deployments=arms)
        provider = AzureML(PLACE)

        def one(seed: int) -> None:
            server.control("clear")
            server.fault("*", "mutate", code=str(seed))
            _all(provider, "churn", ("blue", "teal"))

        yield one
        provider.close()


@contextmanager
def vertex() -> Iterator[Target]:
    """Google's."""
    with TemporaryDirectory() as folder, Server() as server:
        sown(server)
        server.clock.set(speed=0)
        key = Path(folder) / "key.json"
        key.write_text(json.dumps(server.identity.new_key(server.url)), encoding="utf-8")
        os.environ |= {
            "GOOGLE_APPLICATION_CREDENTIALS": str(key),
            "HTTPS_PROXY": server.url,
            "NO_PROXY": "127.0.0.1",
        }
        place = {"project": "acme-ml", "region": "europe-west4"}
        provider = Vertex({**place, "endpoint_url": server.url, "monitoring_url": server.url})

        def one(seed: int) -> None:
            server.control("DELETE", "faults")
            sown(server)
            fault = {"call": "*", "kind": "mutate", "times": 1000, "message": str(seed)}
            server.control("POST", "faults", **fault)
            _all(provider, "1000", ("11", "22"))

        yield one


def _all(provider: object, endpoint: str, arms: tuple[str, str]) -> None:
    assert ask_everything(provider, endpoint, arms) == []
    release_and_roll_back(provider, endpoint, arms)


CLOUDS: Mapping[str, Callable[[], AbstractContextManager[Target]]] = {
    "sagemaker": sagemaker,
    "azureml": azureml,
    "vertex": vertex,
}
