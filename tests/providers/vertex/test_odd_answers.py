"""Whatever Google answers, of whatever type, is an error of the tree: never a fault of canary."""

import pytest
from providers.odd_answers import ask_everything, release_and_roll_back
from servers.vertex import Server
from servers.vertex.seed import seed

from canarycli_vertex import Vertex


@pytest.mark.parametrize("batch", range(2))
def test_no_odd_answer_is_a_fault(server: Server, vertex: Vertex, batch: int) -> None:
    for number in range(8 * batch + 20, 8 * batch + 28):
        server.control("DELETE", "faults")
        seed(server)
        server.control("POST", "faults", call="*", kind="mutate", times=1000, message=str(number))

        assert ask_everything(vertex, "1000", ("11", "22")) == [], number
        release_and_roll_back(vertex, "1000", ("11", "22"))
