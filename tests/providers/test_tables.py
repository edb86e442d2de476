"""The tables of each cloud's page: every row of them is shown by a test that is there."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from canarycli.files import FILE, OF_FILES
from canarycli_azureml.blueprint import Options
from canarycli_vertex.blueprint import OPTIONS

ROOT = Path(__file__).parents[2]
KINDS = "cli/test_kinds.py"

SHOWN: Mapping[str, Mapping[str, str]] = {
    "sagemaker": {
        "real-time": f"{KINDS}::test_sagemakers_kinds_with_shares",
        "asynchronous": f"{KINDS}::test_sagemakers_kinds_with_shares",
        "multi-model": "providers/sagemaker/test_kinds.py::test_many_models_move_by_variant",
        "private (`VpcConfig`, network isolation)": f"{KINDS}::test_sagemakers_kinds_with_shares",
        "serverless": f"{KINDS}::test_sagemakers_kinds_without_shares",
        "inference components, and with them scale to zero": (
            f"{KINDS}::test_sagemakers_kinds_without_shares"
        ),
    },
    "vertex": {
        "shared public": f"{KINDS}::test_vertexs_kinds_with_shares",
        "dedicated public (`dedicatedEndpointEnabled`), Model Garden's": (
            f"{KINDS}::test_vertexs_kinds_with_shares"
        ),
        "Private Service Connect": f"{KINDS}::test_vertexs_kinds_with_shares",
        "models on a shared pool": (
            "providers/vertex/test_deploy.py::test_a_baseline_in_a_pool_shares_it"
        ),
        "a tuned model without machines of its own": (
            f"{KINDS}::test_a_tuned_model_has_no_machines_to_copy"
        ),
        "scale to zero": "providers/vertex/test_likeness.py::test_a_candidate_never_sleeps",
        "private over VPC peering (`network`)": f"{KINDS}::test_a_private_endpoint_of_vertex",
        "Google Distributed Cloud (`gdcConfig`)": (
            "providers/vertex/test_describe.py::test_google_distributed_cloud_splits_nothing"
        ),
    },
    "azureml": {
        "managed online": f"{KINDS}::test_azures_kinds_with_shares",
        "Kubernetes online": f"{KINDS}::test_azures_kinds_with_shares",
        "private (`publicNetworkAccess: Disabled`)": f"{KINDS}::test_azures_kinds_with_shares",
        "serverless (`serverlessEndpoints`)": f"{KINDS}::test_azures_kinds_without_shares",
        "batch (`batchEndpoints`)": f"{KINDS}::test_azures_kinds_without_shares",
    },
}
"""By cloud and kind of endpoint, the test that shows what canary does with it."""

REFUSALS: Mapping[str, str] = {
    "sagemaker": "providers/test_refusals.py::test_what_aws_refuses",
    "vertex": "providers/test_refusals.py::test_what_google_refuses",
    "azureml": "providers/test_refusals.py::test_what_azure_refuses",
}


def rows(cloud: str, head: str) -> list[str]:
    """The first cells of the table with that first heading on a cloud's page."""
    page = (ROOT / "docs" / f"{cloud}.md").read_text(encoding="utf-8")
    match = re.search(rf"^\| {re.escape(head)} \|.*\n\|[- |]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert match, f"docs/{cloud}.md has no table that begins with {head!r}"
    return [line.split(" | ")[0].removeprefix("| ") for line in match[1].splitlines()]


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("cloud", SHOWN)
def test_every_kind_of_endpoint_is_shown_by_a_test(cloud: str) -> None:
    assert rows(cloud, "kind") == list(SHOWN[cloud])


@pytest.mark.parametrize(
    "node",
    sorted({*REFUSALS.values(), *(node for table in SHOWN.values() for node in table.values())}),
)
def test_each_of_these_tests_is_there(node: str) -> None:
    file, _, name = node.partition("::")

    assert (ROOT / "tests" / file).is_file()
    assert name in functions_of(ROOT / "tests" / file)


@pytest.mark.parametrize("cloud", REFUSALS)
def test_every_refusal_says_who_ends_it(cloud: str) -> None:
    page = (ROOT / "docs" / f"{cloud}.md").read_text(encoding="utf-8")
    table = page.partition("| the cloud says |")[2].partition("\n\n")[0].splitlines()[2:]

    ends = [line.strip("| ").split(" | ")[-1] for line in table]
    known = ("passes by itself", "a person", "needs another request", "needs a person")
    assert len(ends) > 4
    assert all(end.startswith(known) for end in ends), ends


def test_every_option_for_files_is_on_the_pages_of_the_clouds_that_have_it() -> None:
    on_page = {
        cloud: {key.strip("`") for key in rows(cloud, "key of `candidate:`")} for cloud in SHOWN
    }

    assert on_page == {
        "sagemaker": OF_FILES - {"model_type"},
        "vertex": OF_FILES - {"approval", "model_type"},
        "azureml": {FILE, "model_type", "upload_to"},
    }
    assert OPTIONS.isdisjoint(OF_FILES)


def test_every_option_of_azures_is_on_its_page() -> None:
    on_page = {key.partition("`")[2].partition("`")[0] for key in rows("azureml", "key")}

    assert on_page == set(Options.__slots__)
