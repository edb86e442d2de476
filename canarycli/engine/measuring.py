"""What a look asks beyond the endpoint: the metrics where they are due, the smoke tests."""

from dataclasses import replace
from datetime import timedelta

from canarycli.clock import Clock
from canarycli.engine.apart import read_apart
from canarycli.engine.blame import without_secrets
from canarycli.errors import ProviderError, Unsupported
from canarycli.judge import Arms, Judgement
from canarycli.provider import Endpoint, Provider, Smoker
from canarycli.release.context import Seen
from canarycli.release.pace import due, is_read, is_read_in_turn, pace_now
from canarycli.release.reading import no_reading
from canarycli.release.record import Release, State
from canarycli.release.rows import served
from canarycli.release.smoke import Tried, try_out
from canarycli.verbs import offers


def measured(
    provider: Provider, clock: Clock, release: Release, endpoint: Endpoint, *, in_turn: bool
) -> Seen:
    """The endpoint, the metrics where this look reads them, and the answers of a smoke test."""
    if release.state is State.SMOKE_TEST:
        return Seen(endpoint, tried=_try_out(provider, release, endpoint))
    limits = provider.limits
    patience = limits.metric_delay + 3 * limits.metric_period
    if not _reads(clock, release, endpoint, in_turn=in_turn):
        return Seen(endpoint, None, patience)
    return Seen(endpoint, _judge(provider, clock, release), patience)


def _try_out(provider: Provider, release: Release, endpoint: Endpoint) -> tuple[Tried, ...] | None:
    if not endpoint.settled or not endpoint.serves(release.candidate):
        return None
    if not offers(provider, Smoker):
        raise Unsupported(f"{release.provider} can't ask {release.candidate!r} by itself")
    return try_out(provider, endpoint.name, release.candidate, release.plan.smoke, without_secrets)


def _reads(clock: Clock, release: Release, endpoint: Endpoint, *, in_turn: bool) -> bool:
    """Whether this look is one that reads the metrics."""
    in_place = release.confirmed_at is not None and endpoint.settled
    if not in_place or not release.plan.checks:
        return False
    if release.read_at is None or release.read_at < (release.confirmed_at or release.read_at):
        return True
    now, every = clock.now(), _pace(clock, release)
    if in_turn:
        return is_read_in_turn(release.key, release.read_at, now, every)
    return is_read(release.read_at, now, every)


def _pace(clock: Clock, release: Release) -> timedelta:
    served_so_far = served(release.findings)
    return pace_now(release.plan.read_every, served_so_far, release.confirmed_at, clock.now())


def _judge(provider: Provider, clock: Clock, release: Release) -> Judgement:
    # Here and not above, so that looks in between do not wait for the statistics.
    from canarycli.judge import extra_metrics, judge, looked, window

    now, limits = clock.now(), provider.limits
    arms = Arms(
        release.baseline,
        release.candidate,
        release.target,
        release.confirmed_at or now,
        now,
        limits.metric_delay,
        release.plan.warm_up,
        leeway=1.0 if release.shadow else release.stage_in_force.leeway,
        noise=release.plan.arm_noise,
        splits=release.splits,
    )
    checks = due(
        release.plan.checks,
        looked(release.plan.checks, release.judge, arms),
        release.plan.read_every,
        now - limits.metric_delay,
    )
    extra = extra_metrics(checks, release.judge)
    own = (check.metric for check in checks)
    metrics = (*own, *(m for m in extra if limits.offers(m)))
    wanted = tuple({metric.key: metric for metric in metrics}.values())
    try:
        found = read_apart(
            provider,
            release.endpoint,
            (release.baseline, release.candidate),
            wanted,
            window(checks, release.judge, arms),
        )
    except ProviderError as error:  # whatever it is, there are no numbers
        return no_reading(release, error.message)
    return _with_the_rest(release, judge(checks, found, arms, release.judge))


def _with_the_rest(release: Release, found: Judgement) -> Judgement:
    """The judgement, with the last findings of the checks that were not read."""
    by_name = {finding.check: finding for finding in (*release.findings, *found.findings)}
    planned, fresh = [c.name for c in release.plan.checks], [f.check for f in found.findings]
    names = dict.fromkeys((*planned, *fresh))
    return replace(found, findings=tuple(by_name[name] for name in names if name in by_name))
