"""Whatever a value of a document is replaced by, it is read or refused; see `bench/fuzz.py`."""

import pytest
from fuzzing.targets import DOCUMENTS

SEEDS = {"canary.yaml": 30}
USUAL = 300


@pytest.mark.parametrize("target", DOCUMENTS)
def test_no_odd_document_is_a_fault(target: str) -> None:
    for seed in range(SEEDS.get(target, USUAL)):
        DOCUMENTS[target](seed)
