"""Whatever Azure answers, of whatever type, is an error of the tree: never a fault of canary."""

import pytest
from providers.odd_answers import ask_everything, release_and_roll_back
from servers.azureml.running import Server

from canarycli_azureml import AzureML


@pytest.mark.parametrize("batch", range(2))
def test_no_odd_answer_is_a_fault(server: Server, azureml: AzureML, batch: int) -> None:
    for number in range(8 * batch + 20, 8 * batch + 28):
        server.control("clear")
        server.fault("*", "mutate", code=str(number))

        assert ask_everything(azureml, "churn", ("blue", "teal")) == [], number
        release_and_roll_back(azureml, "churn", ("blue", "teal"))
