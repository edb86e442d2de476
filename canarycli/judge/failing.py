"""Says when so much fails that being no worse than the baseline is no pass."""

from canarycli.judge.comparison import BROKEN_RATE, Comparison
from canarycli.metrics import FAILURES

BASELINE_FAILS = "the baseline itself is failing"
BOTH_FAIL = "most of its requests fail, so being like the baseline is no pass"


def failing(evidence: object, metric: str) -> str:
    """Why good evidence on a metric is no pass, "" if it is one.

    A baseline that broke may hide what the candidate does. And who fails most requests itself
    has shown nothing that could be promoted, however the baseline fares and always did.
    """
    if not isinstance(evidence, Comparison):
        return ""
    if evidence.baseline_broken:
        return BASELINE_FAILS
    split = evidence.split
    most = split.n_c > 0 and split.x_c >= BROKEN_RATE * split.n_c
    return BOTH_FAIL if most and metric in FAILURES else ""
