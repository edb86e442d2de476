"""Whether a cloud's latency buckets can decide what checks on latency ask for."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from canarycli.judge import Arms, begin
from canarycli.judge.sources import SPREAD_OF, coarse, needs
from canarycli.operations.past import before, read_past
from canarycli.plan import Check, Role
from canarycli.provider import Endpoint, Probe, Provider

COARSE_HINT = "ask for what they can decide, or leave it out: --skip {}"


def look_at_buckets(
    provider: Provider, endpoint: Endpoint, checks: Sequence[Check], now: datetime
) -> Iterator[Probe]:
    """A probe for each check whose limit lies between the bounds that requests are counted at.

    Only the clouds that count latency at the bounds of buckets are asked, for the past of the
    version with most traffic.

    Raises:
        ProviderError: the cloud does not answer.
    """
    counted = [check for check in checks if SPREAD_OF in needs(check, {})]
    live = endpoint.traffic.live
    if not counted or not live or not provider.limits.offers(SPREAD_OF):
        return
    baseline = max(live, key=endpoint.traffic.of)
    past = read_past(provider, endpoint.name, baseline, counted, before(now, provider))
    known = begin(counted, past, Arms(baseline, baseline, 0.0, now, now, timedelta(0)))
    for check in counted:
        if why := coarse(check, known.get(check.name, {}).get("facts", {})):
            hint = COARSE_HINT.format(check.name)
            yield Probe(check.name, ok=check.role is not Role.GATE, detail=why, hints=(hint,))
