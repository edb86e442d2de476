"""An endpoint without a cloud: for demos, tests, docs and the rehearsal of plans."""

from canarycli.simulator.simulator import Simulator

__all__ = ["Simulator"]
