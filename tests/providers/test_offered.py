"""What a cloud says it can measure is what its module that measures knows."""

from collections.abc import Set as AbstractSet

import pytest

from canarycli.metrics import UNITS
from canarycli_azureml import metrics as azureml
from canarycli_azureml.offered import NAMES as AZURES
from canarycli_sagemaker import metrics as sagemaker
from canarycli_sagemaker.offered import METRICS as AMAZONS
from canarycli_vertex import metrics as vertex
from canarycli_vertex.offered import NAMES as GOOGLES

MEASURED: dict[str, tuple[AbstractSet[str], AbstractSet[str]]] = {
    "azureml": (AZURES, {*azureml.COUNTED, *azureml.LATENCIES, *azureml.GAUGES}),
    "sagemaker": (AMAZONS, sagemaker.BUILT_IN.keys()),
    "vertex": (
        GOOGLES,
        {"errors", *vertex.COUNTED, *vertex.TIMED, *vertex.GAUGES} & UNITS.keys(),
    ),
}


@pytest.mark.parametrize(("offered", "measured"), MEASURED.values(), ids=MEASURED.keys())
def test_all_that_is_measured_is_offered_and_nothing_else(
    offered: AbstractSet[str], measured: AbstractSet[str]
) -> None:
    assert offered == measured
