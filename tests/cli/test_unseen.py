"""What no check of a plan would see is said by `canary plan`, with how much of it there was."""

from cli.blackbox import Canary, Result
from cli.on_azureml import FLAGS as AZURE
from cli.on_azureml import OnAzure
from cli.on_vertex import FLAGS as VERTEX
from cli.on_vertex import OnVertex

PLAN = """
version: 1
plans:
  mine:
    stages: [{percent: 10, bake: 1m}, {percent: 100}]
    checks: [{metric: METRIC, never_above: 5%}]
"""


def planned(canary: Canary, metric: str, *args: str) -> str:
    canary.write(PLAN.replace("METRIC", metric))
    result: Result = canary.run("plan", *args, "--plan", "mine", "-y")
    assert result.code == 0, result.out + result.err
    return " ".join(result.out.split())


def test_refusals_of_vertex_for_want_of_capacity(vertex: OnVertex) -> None:
    vertex.server.control(
        "POST",
        "load",
        endpoint="1000",
        per_minute=60_000,
        since_minutes=10,
        behaviour={"11": {"error_rate": 0.3, "code": "429"}},
    )

    said = planned(vertex.ann, "errors_5xx", *VERTEX, "-m", "22")

    assert "check 'errors_5xx' leaves out 424, 408, 429, which metric: errors counts: " in said
    share = float(said.partition("counts: ")[2].partition("%")[0])
    assert 20 < share < 33  # two minutes of the fixture's traffic are in it
    assert "leaves out" not in planned(vertex.ann, "errors", *VERTEX, "-m", "22")


def test_refusals_of_azure_for_want_of_capacity(azure: OnAzure) -> None:
    now = azure.server.control("now")["now"]
    blue = {"blue": {"statuses": {"429": 0.2, "424": 0.1, "404": 0.1}}}
    azure.server.control(
        "load", endpoint="eta", per_minute=12_000, since=now - 1200, qualities=blue
    )

    said = planned(azure.ann, "errors_5xx", *AZURE, "-m", "teal")

    share = float(said.partition("metric: errors counts: ")[2].partition("%")[0])
    assert 27 < share < 33
    assert "leaves out" not in planned(azure.ann, "errors", *AZURE, "-m", "teal")
