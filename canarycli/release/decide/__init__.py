"""What to do next with a release: every rule of a release is in this package, and nothing else is.

`decide` is pure. It is told what is recorded and what is seen, and answers with the new record,
the split to ask for (if any) and when to look again. The shell saves the record *before* it asks
for the split; so whatever crashes in between, the next look, by anybody, finds a record that
allows at least what the endpoint does. The rules never ask "where was I?", only "what is
recorded, and what is there?"; repeating an act is harmless.

The first rule that has an answer wins, of `WAY_BACK` and then of `rules.WAY_ON`:

1.  an ended release never changes;
2.  a rollback is a one-way door: write it at least once, wait until it is seen, keep looking
    while a raise may still land, end; one that is stuck calls for a person, and is no end;
    and one that came from elsewhere counts as much, as does another release that was first;
3.  a candidate that is being brought in gets no traffic before it is in service, and none
    before it has answered the plan's smoke tests;
4.  traffic never goes back to a baseline that is not in service; a dead candidate goes back;
5.  somebody else's change wins: lowered is never raised again, raised is theirs to answer for;
6.  a change on its way is waited for, repeated if it never landed, given up when it takes too long;
7.  a person's order comes before the plan;
8.  the deadline comes before the checks, and so does the end of a hold;
9.  a failed check acts, held and paused releases included, unless a person holds that off;
10. silence and doubt pause the release, and a pause that runs out does what it said;
11. a candidate on probation is through when its late checks have passed, or its time is up;
12. a stage that has baked and passed leads to the next.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from canarycli.release.context import Context, Decision, Seen, noted
from canarycli.release.decide.way_back import rolling_back
from canarycli.release.record import Release

__all__ = ["Decision", "Seen", "decide"]


def decide(release: Release, seen: Seen, now: datetime) -> Decision:
    """The next step of a release, from what is recorded and what is seen."""
    context = Context(noted(release, seen, now), seen, now)
    return _first(WAY_BACK, context) or _way_on(context) or context.wait()


def ended(context: Context) -> Decision | None:
    return Decision(context.release) if context.release.over else None


WAY_BACK: tuple[Callable[[Context], Decision | None], ...] = (ended, rolling_back)
"""All the rules a rollback needs: the others are imported for a release that goes on."""


def _way_on(context: Context) -> Decision | None:
    from canarycli.release.decide.rules import WAY_ON

    return _first(WAY_ON, context)


def _first(
    rules: Sequence[Callable[[Context], Decision | None]], context: Context
) -> Decision | None:
    for rule in rules:
        decision = rule(context)
        if decision is not None:
            return decision
    return None
