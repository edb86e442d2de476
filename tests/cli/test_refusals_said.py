"""Every refusal of the clouds' tables as a person meets it: waited for, or ended with its words."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.blackbox import Canary
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex
from providers.test_refusals import ON_AZUREML, ON_SAGEMAKER, ON_VERTEX
from servers.sagemaker import Server

from canarycli.errors import ProviderError
from canarycli.refusals import Ends, Refusal, read
from canarycli_azureml.refusals import REFUSALS as AZUREML
from canarycli_sagemaker.refusals import REFUSALS as SAGEMAKER
from canarycli_vertex.refusals import REFUSALS as GOOGLE

pytestmark = pytest.mark.slow

SHIFT = "UpdateEndpointWeightsAndCapacities"


def once(
    table: Iterable[Refusal], rows: Iterable[tuple[str, Any]]
) -> Iterator[tuple[Refusal, Any]]:
    """The first row that is each refusal of a table, by its text."""
    found: dict[str, tuple[Refusal, Any]] = {}
    for text, row in rows:
        if (refusal := read(tuple(table), text)) is not None:
            found.setdefault(refusal.says, (refusal, row))
    assert len(found) == len(tuple(table)), "a refusal that no row tries"
    yield from found.values()


def started(ann: Canary, *args: str) -> Callable[[Refusal, str], None]:
    """A start whose write is refused, and the way back to where it began."""

    def check(refusal: Refusal, said: str) -> None:
        result = ann.run("start", *args, "-p", "10", "-y", "--detach")
        text = " ".join((result.out + result.err).split())
        if refusal.ends is Ends.BY_ITSELF:
            assert result.code == 0, text
            assert ann.run("rollback", *args[:-2], "-y").code == 0
            return
        assert result.code == int(ended(refusal.kind)), f"{refusal.says}: {text}"
        assert said.removesuffix(".") in text
        for word in refusal.hint.split("NAMESPACE")[0].split():
            assert word in text, f"{refusal.hint!r} is not in {text}"

    return check


def ended(kind: type[ProviderError]) -> int:
    return int(kind.exit)


def times(refusal: Refusal) -> int:
    """What passes does so after the second time."""
    return 2 if refusal.ends is Ends.BY_ITSELF else 1000


def test_on_sagemaker(bare_aws: Server, tmp_path: Path) -> None:
    bare_aws.endpoint("fraud", {"v1": {"instances": 2}, "v2": {"weight": 0}})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    flags = ("--provider", "sagemaker", "--region", "us-east-1", "-e", "fraud")
    check = started(ann, *flags, "-m", "v2")

    rows = ((f"{code}: {text}", (code, text)) for code, text, *_ in ON_SAGEMAKER)
    for refusal, (code, text) in once(SAGEMAKER, rows):
        bare_aws.fault(SHIFT, "refuse", code=code, message=text, times=times(refusal))
        check(refusal, text)
        bare_aws.control("clear_faults", {})

    assert bare_aws.weights("fraud")["v2"] == 0


def test_on_vertex(vertex: OnVertex) -> None:
    check = started(vertex.ann, *VERTEX, "-m", "22")

    rows = ((text, (status, text)) for http, status, _, text, *_ in ON_VERTEX if http < 500)
    for refusal, (status, text) in once(GOOGLE, rows):
        count = times(refusal)
        vertex.fault("updateEndpoint", "refuse", status=status, message=text, times=count)
        check(refusal, text)
        vertex.server.control("DELETE", "faults")

    assert vertex.split == {"11": 100}


def test_on_azure(azure: OnAzure) -> None:
    check = started(azure.ann, *AZURE, "-m", "teal")

    rows = (
        (f"{code}: {text}", (status, code, text))
        for status, code, text, *_ in ON_AZUREML
        if status < 500
    )
    for refusal, (status, code, text) in once(AZUREML, rows):
        azure.server.fault(
            "endpoint.put", "refuse", status=status, code=code, message=text, times=times(refusal)
        )
        check(refusal, text)
        azure.forget()

    assert azure.split == {"blue": 100}
