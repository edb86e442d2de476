"""A rollback loads what moves traffic: no judge, no report, no metrics, and of SDKs the least."""

import json
from collections.abc import Collection
from pathlib import Path

import pytest
from cli import on_azureml, on_vertex, test_startup
from cli.blackbox import Canary
from cli.on_azureml import OnAzure
from cli.on_vertex import OnVertex
from cli.shell import Desk
from servers.sagemaker import Server

OURS = ("canarycli_sagemaker", "canarycli_vertex", "canarycli_azureml")

NEVER = frozenset(
    {
        *("rich", "pydantic", "jinja2", "numpy", "statistics", "boto3"),
        *("google.cloud", "azure.ai", "azure.mgmt", "azure.storage"),
        *test_startup.STORES,
        *("canarycli.forecast", "canarycli.report", "canarycli.series", "canarycli.answers"),
        *("canarycli.judge.looking", "canarycli.engine.measuring", "canarycli.engine.sources"),
        *("canarycli.release.decide.rules", "canarycli.operations.drive", "canarycli_sources"),
        "canarycli.permissions",
        *(f"{cloud}.{name}" for cloud in OURS for name in ("metrics", "custom", "monitoring")),
        *(f"{cloud}.{name}" for cloud in OURS for name in ("deploy", "doctor", "policy", "smoke")),
    }
)
"""What no rollback needs."""

BARE = NEVER | {
    *("yaml", "canarycli.judge", "canarycli.metrics", "canarycli.freeze", "canarycli.source"),
    *("canarycli.files", "canarycli.preview", "canarycli.recorder", "canarycli.labels"),
}
"""What one needs as little that knows the endpoint alone: no record, no canary.yaml."""

ROLLBACKS = """\
import json, os, sys
before = set(sys.modules)
from canarycli.__main__ import main
for folder, env, words in json.loads(sys.argv[1]):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["canary", "rollback", "-y", *words]
    code = main()
    sys.stderr.write("\\nloaded " + " ".join([str(code), *(set(sys.modules) - before)]) + "\\n")
"""
"""Rolls back from one machine after the other, and names after each all that is loaded by then."""

AWS = ("-e", "fraud", "--provider", "sagemaker", "--region", "us-east-1")
START = ("start", "--percent", "5", "--detach", "-y", "-m")


def loaded(*machines: tuple[Canary, tuple[str, ...]], code: str = ROLLBACKS) -> list[set[str]]:
    """The modules loaded after the rollback of each machine, all in one process."""
    asked = [(str(machine.folder), machine.env, words) for machine, words in machines]
    first, _ = machines[0]
    ran = Desk(first.folder, first.env).python(code, json.dumps(asked))
    found = [line.split()[1:] for line in ran.err.splitlines() if line.startswith("loaded ")]
    assert [code for code, *_ in found] == ["0"] * len(machines), ran.err
    return [set(modules) for _, *modules in found]


def excess(modules: Collection[str], banned: Collection[str]) -> set[str]:
    return {name for name in banned if any(f"{m}.".startswith(f"{name}.") for m in modules)}


def test_sagemakers_way_back_loads_no_more_than_it_needs(bare_aws: Server, tmp_path: Path) -> None:
    bare_aws.control("settings", {"weights_seconds": 0})
    bare_aws.endpoint("fraud", {"v1": 100, "v2": 0})
    ann = Canary(tmp_path / "ann", dict(bare_aws.environment))
    started = ann.run(*START, "v2", *AWS)
    assert started.code == 0, started.err

    bare, known = loaded((ann.elsewhere("phone"), AWS), (ann, AWS))

    assert excess(bare, BARE) == set()
    assert excess(known, NEVER) == set()
    assert bare_aws.weights("fraud") == {"v1": 100, "v2": 0}


def test_vertexs_way_back_loads_no_more_than_it_needs(vertex: OnVertex) -> None:
    assert vertex.ann.run(*START, "22").code == 0

    bare, known = loaded((vertex.ann.elsewhere("phone"), on_vertex.FLAGS), (vertex.ann, ()))

    assert excess(bare, BARE) == set()
    assert excess(known, NEVER) == set()
    assert vertex.split == {"11": 100}


@pytest.mark.slow
def test_azures_way_back_loads_no_more_than_it_needs(azure: OnAzure) -> None:
    azure.server.control("settings", endpoint_seconds=0)
    assert azure.ann.run(*START, "teal").code == 0

    bare, known = loaded((azure.ann.elsewhere("phone"), on_azureml.FLAGS), (azure.ann, ()))

    assert excess(bare, BARE) == set()
    assert excess(known, NEVER) == set()
    assert azure.split == {"blue": 100}


@pytest.mark.parametrize(
    ("planted", "found"),
    [("", set()), ("import canarycli.judge.looking\n", {"canarycli.judge.looking"})],
    ids=["as it is", "with a planted import"],
)
def test_the_simulators_way_back_does_not_judge(
    tmp_path: Path, planted: str, found: set[str]
) -> None:
    ann = Canary(tmp_path / "ann", {})
    ann.write(test_startup.CONFIG)
    started = ann.run(*START, "v42")
    assert started.code == 0, started.err

    (known,) = loaded(
        (ann, ()), code=ROLLBACKS.replace("from canarycli", f"{planted}from canarycli")
    )

    assert excess(known, NEVER) & {"canarycli.judge.looking", "canarycli.report"} == found
