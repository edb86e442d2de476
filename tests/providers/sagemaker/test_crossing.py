"""A raise that crosses with somebody else's rollback: on SageMaker its notes are a call apart."""

import pytest
from servers.sagemaker import Server

from canarycli.errors import Conflict
from canarycli.provider import BASELINE_NOTE, CANDIDATE_NOTE, RELEASE_NOTE, ROLLED_BACK_NOTE
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

NOTES = {RELEASE_NOTE: "r-7k2f", BASELINE_NOTE: "blue", CANDIDATE_NOTE: "green"}


def test_a_raise_is_not_sent_where_a_rollback_was_noted_after_its_driver_read(
    sagemaker: SageMaker, server: Server
) -> None:
    server.endpoint("churn", {"blue": 3, "green": 1, "idle": 0})
    seen = sagemaker.describe("churn")
    sagemaker.notes(seen)
    somebody = SageMaker({})
    mark = {ROLLED_BACK_NOTE: "r-1 2026-06-01T12:00:00Z dana"}
    somebody.tags.write(somebody.describe("churn").raw.arn, mark)

    with pytest.raises(Conflict, match="somebody else"):
        sagemaker.shift(seen, Traffic.split("blue", "green", 50), NOTES, raises=True)

    assert not server.calls("UpdateEndpointWeightsAndCapacities")
