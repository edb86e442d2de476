"""The same word counts the same on every cloud: the table of docs/judging.md is what is counted."""

from pathlib import Path

from canarycli.failing import USUAL
from canarycli.metrics import Metric
from canarycli_sagemaker.metrics import recipe
from canarycli_vertex import Vertex
from canarycli_vertex.metrics import COUNTED

JUDGING = Path(__file__).parents[2] / "docs" / "judging.md"
CLOUDS = ("sagemaker", "vertex", "azureml")


def told(metric: str) -> dict[str, str]:
    """The row of a metric in the table, by cloud."""
    lines = JUDGING.read_text("utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| `{metric}` | `Invocation"))
    return dict(zip(CLOUDS, (cell.strip() for cell in row.strip("|").split("|")[1:]), strict=True))


def codes(cell: str) -> set[str]:
    return {code.strip() for code in cell.split(",")}


def as_codes(prefixes: tuple[str, ...]) -> set[str]:
    return {f"{prefix}xx" if len(prefix) == 1 else prefix for prefix in prefixes}


def test_errors_are_the_same_codes_on_both_clouds_that_tell_codes_and_in_the_table() -> None:
    row = told("errors")
    assert codes(row["vertex"]) == codes(row["azureml"]) == set(USUAL)
    assert Vertex({"project": "acme-ml", "region": "eu"}).limits.beyond_5xx == "424, 408, 429"


def test_server_and_client_errors_are_just_their_class() -> None:
    for name in ("errors_5xx", "errors_4xx"):
        row = told(name)
        assert row["vertex"] == row["azureml"] == name.removeprefix("errors_")
        assert codes(row["vertex"]) == as_codes(COUNTED[name])


def test_sagemakers_row_names_the_metrics_that_are_asked_for() -> None:
    for name in ("errors", "errors_5xx", "errors_4xx", "model_errors"):
        asked = {part.name for part in recipe(Metric(name), "churn", "blue").parts.values()}
        named = {word for word in told(name)["sagemaker"].split("`") if word.startswith("Invo")}
        assert named <= asked <= named | {"Invocations"}
