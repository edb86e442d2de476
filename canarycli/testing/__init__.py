"""What tests of canary and of other people's providers are made with.

`FakeClock` stands still until slept on, `Faulty` puts faults between canary and a provider,
`ForeignWriter` is somebody else, and `canarycli.testing.kit` holds what every provider must pass.
"""

import sys

if "pytest" in sys.modules:  # the kit's asserts then explain themselves as a test's do
    sys.modules["pytest"].register_assert_rewrite("canarycli.testing.kit")

from canarycli.testing.clock import NOON, FakeClock
from canarycli.testing.faulty import Call, Crash, Fault, Faulty, Late, Points, Script
from canarycli.testing.foreign import ForeignWriter

__all__ = [
    "NOON",
    "Call",
    "Crash",
    "FakeClock",
    "Fault",
    "Faulty",
    "ForeignWriter",
    "Late",
    "Points",
    "Script",
]
