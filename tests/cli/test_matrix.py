"""Some cells of the matrix of what befalls a command; `bench/matrix.py` tries any of them."""

from pathlib import Path

import pytest
from cli.cells import Cell
from cli.trial import tried

CELLS = (
    "vertex start updateEndpoint 1 kill 1",
    "vertex promote getEndpoint 1 lower 1",
    "azureml rollback endpoint.get 0 raise 1",
    "sagemaker start UpdateEndpointWeightsAndCapacities 1 fill-disk 1",
    "vertex sweep updateEndpoint 0 denied 1000",
    "vertex resume getEndpoint 2 clock-ahead 1",
    "vertex cleanup undeployModel 0 denied 1",
)


@pytest.mark.slow
@pytest.mark.parametrize("line", CELLS)
def test_what_befalls_a_command_breaks_no_promise(line: str, tmp_path: Path) -> None:
    cell = Cell.read(line)
    assert str(cell) == line
    assert tried(cell, tmp_path).broken == []
