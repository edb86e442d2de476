"""One look at a release: its endpoint, its metrics where they are due, its smoke tests."""

from canarycli.clock import Clock
from canarycli.errors import ProviderError, Unsupported
from canarycli.judge import Arms, Judgement
from canarycli.provider import Endpoint, Provider, Smoker
from canarycli.release.context import Seen
from canarycli.release.reading import no_reading
from canarycli.release.record import Release, State
from canarycli.release.smoke import Tried, try_out
from canarycli.verbs import offers


def see(provider: Provider, clock: Clock, release: Release, endpoint: Endpoint) -> Seen:
    """The endpoint, the metrics where this look reads them, and the answers of a smoke test."""
    if release.state is State.SMOKE_TEST:
        return Seen(endpoint, tried=_try_out(provider, release, endpoint))
    limits = provider.limits
    patience = limits.metric_delay + 3 * limits.metric_period
    if not _reads(clock, release, endpoint):
        return Seen(endpoint, None, patience)
    return Seen(endpoint, _judge(provider, clock, release), patience)


def _try_out(provider: Provider, release: Release, endpoint: Endpoint) -> tuple[Tried, ...] | None:
    if not endpoint.settled or not endpoint.serves(release.candidate):
        return None
    if not offers(provider, Smoker):
        raise Unsupported(f"{release.provider} can't ask {release.candidate!r} by itself")
    return try_out(provider, endpoint.name, release.candidate, release.plan.smoke)


def _reads(clock: Clock, release: Release, endpoint: Endpoint) -> bool:
    """Whether this look is one that reads the metrics."""
    in_place = release.confirmed_at is not None and endpoint.settled
    if not in_place or release.state is State.ROLLING_BACK or not release.plan.checks:
        return False
    if release.read_at is None or release.read_at < (release.confirmed_at or release.read_at):
        return True
    return clock.now() - release.read_at >= release.plan.read_every


def _judge(provider: Provider, clock: Clock, release: Release) -> Judgement:
    # Here and not above, so that a rollback does not wait for the statistics.
    from canarycli.judge import extra_metrics, judge, window

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
    )
    extra = extra_metrics(release.plan.checks, release.judge)
    metrics = (*release.plan.metrics(), *(m for m in extra if limits.offers(m)))
    try:
        measured = provider.measure(
            release.endpoint,
            (release.baseline, release.candidate),
            {metric.key: metric for metric in metrics}.values(),
            window(release.plan.checks, release.judge, arms),
        )
    except ProviderError as error:  # whatever it is, there are no numbers
        return no_reading(release, error.message)
    return judge(release.plan.checks, measured, arms, release.judge)
