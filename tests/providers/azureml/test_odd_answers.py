"""Whatever Azure answers, of whatever type, is an error of the tree: never a fault of canary."""

from datetime import timedelta
from math import nan
from typing import Any

import pytest
from providers.odd_answers import ask_everything, release_and_roll_back
from servers.azureml.running import Server

from canarycli.engine.retries import Patient
from canarycli.errors import Unavailable
from canarycli.testing import FakeClock
from canarycli_azureml import AzureML

ODD: dict[str, dict[str, Any]] = {
    "a list for a split": {"traffic": ["blue"]},
    "a word for a split": {"traffic": "blue"},
    "a word for a share": {"traffic": {"blue": "x"}},
    "no number for a share": {"traffic": {"blue": nan}},
    "less than nothing": {"traffic": {"blue": -1, "teal": 101}},
    "a list of tags": {"tags": ["x"]},
    "a list for who wrote last": {"systemData": [1]},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_endpoint_of_odd_types_makes_no_sense_and_is_asked_for_again(
    server: Server, azureml: AzureML, odd: dict[str, Any]
) -> None:
    patient = Patient(azureml, FakeClock(), timedelta(seconds=20), lambda: "azureml", ours=True)
    server.control("change", endpoint="churn", odd=odd)
    before = len(server.calls())

    with pytest.raises(Unavailable, match="makes no sense"):
        patient.notes(patient.describe("churn"))

    asked = [call["operation"] for call in server.calls()[before:]]
    assert asked.count("endpoint.get") > 1


@pytest.mark.parametrize("batch", range(2))
def test_no_odd_answer_is_a_fault(server: Server, azureml: AzureML, batch: int) -> None:
    for number in range(8 * batch + 20, 8 * batch + 28):
        server.control("clear")
        server.fault("*", "mutate", code=str(number))

        assert ask_everything(azureml, "churn", ("blue", "teal")) == [], number
        release_and_roll_back(azureml, "churn", ("blue", "teal"))
