"""What a cloud says it can measure is what its module that measures knows."""

from collections.abc import Set as AbstractSet

import pytest

from canarycli.metrics import UNITS
from canarycli_azureml import metrics as azureml
from canarycli_sagemaker import metrics as sagemaker
from canarycli_vertex import metrics as vertex

MEASURED: dict[str, tuple[AbstractSet[str], AbstractSet[str]]] = {
    "azureml": (azureml.NAMES, {*azureml.COUNTED, *azureml.LATENCIES, *azureml.GAUGES}),
    "sagemaker": (sagemaker.METRICS, sagemaker.BUILT_IN.keys()),
    "vertex": (
        vertex.NAMES,
        {*vertex.COUNTED, *vertex.TIMED, *vertex.GAUGES} & UNITS.keys(),
    ),
}


@pytest.mark.parametrize(("offered", "measured"), MEASURED.values(), ids=MEASURED.keys())
def test_all_that_is_measured_is_offered_and_nothing_else(
    offered: AbstractSet[str], measured: AbstractSet[str]
) -> None:
    assert offered == measured
