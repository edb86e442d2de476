"""The exit code that tells a verdict; nothing is moved whatever it is."""

from collections.abc import Mapping

from canarycli.errors import Exit
from canarycli.judge.finding import Verdict

EXITS: Mapping[Verdict, Exit] = {
    Verdict.PASS: Exit.OK,
    Verdict.FAIL: Exit.ROLLED_BACK,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Verdict.NO_DATA: Exit.NO_METRICS,
}
