"""What an outsider holds a history against: the promises, and what did not hold."""

import json
import signal
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from cli.histories.draw import BARE, STAGES, Way
from cli.histories.place import Split
from cli.histories.tell import Ran, Tale

from canarycli.cli.table import COMMANDS

DRIVES = frozenset({"start", "promote", "resume", "guard", "tick", "sweep", "shift", "rollback"})
READS = frozenset({"status", "watch", "cleanup", "unlock"})
CLOUD_FAILED = 10
BACK = frozenset({3, 4, CLOUD_FAILED})
"""Codes that say the candidate has nothing, unless the command says that it stays as it is."""

BY_HAND = ("by hand", '"by_hand": "')
"""How a command says the cloud's own command, to people and in JSON."""

LATE = 4.0
"""Seconds after which nothing lands any more that a process which is gone has sent."""

LOOK = 2.5
"""Seconds before its end within which a command has looked at the traffic it tells of."""

SLACK = 0.5

LOADS = 2.0
"""Seconds a command takes on a busy machine until it knows what time it is."""


@dataclass
class Judged:
    """A tale, held against the promises."""

    tale: Tale

    def broken(self) -> list[str]:
        """What did not hold, a sentence each."""
        return [
            *self._raises(),
            *self._rollbacks(),
            *self._codes(),
            *self._claims(),
            *self._left(),
            *self._others(),
        ]

    @cached_property
    def _splits(self) -> list[tuple[float, Split]]:
        return list(self.tale.place.splits())

    @cached_property
    def _all(self) -> list[Ran]:
        return [*self.tale.ran, *self.tale.closing]

    @property
    def _late(self) -> float:
        return LATE + 2 * self.tale.history.slow

    def _between(self, since: float, until: float) -> list[Split]:
        """The splits in force at any instant of these."""
        before = [split for at, split in self._splits if at <= since]
        return [*before[-1:], *(split for at, split in self._splits if since < at <= until)]

    def _by_hand(self, at: float) -> bool:
        return any(since <= at <= until + SLACK for since, until in self.tale.by_hand)

    # -- who may raise what

    def _store(self, ran: Ran) -> str:
        return self._records_of(ran.command.machine)

    def _records_of(self, machine: str) -> str:
        return "shared" if self.tale.history.shared and machine != BARE else machine

    def _model(self, ran: Ran) -> str:
        names, args = self.tale.place.names, ran.command.args
        return names.other if "other" in args else names.candidate

    def _asks(self, ran: Ran) -> Collection[float]:
        """The shares that its order lets a driver give the candidate of its records."""
        args = list(ran.command.args)
        after = dict(pairwise(args))
        match ran.verb:
            case "start" if "--percent" in after:
                return {float(after["--percent"])}
            case "start" if "--stages" in after:
                return {float(share) for share in after["--stages"].split(",")}
            case "start":
                return STAGES[:1] if after.get("--plan") == "held" else STAGES
            case "shift":
                return {float(after["--percent"])}
            case "promote" if "--to" in after:
                return {float(after["--to"])}
            case "promote" | "resume":
                return {*STAGES, 100}
            case _:
                return ()

    def _may_raise(self, version: str, share: float, at: float) -> bool:
        """Whether somebody who may have done it had been told to, or it is a way back."""
        for driver in self._all:
            if driver.verb not in DRIVES or not driver.begun <= at <= driver.ended + self._late:
                continue
            store = self._store(driver)
            orders = [r for r in self._all if self._store(r) == store and r.begun <= at]
            models = {self._model(r) for r in orders if r.verb == "start"}
            asked = {share for r in orders for share in self._asks(r)}
            if version in models and any(abs(share - ask) < SLACK for ask in asked):
                return True
            if driver.verb == "rollback" and "--to" in driver.command.args:
                return True
        return self._was_home(version, at)

    def _was_home(self, version: str, at: float) -> bool:
        """Whether it had most of the traffic once, and was another release's baseline."""
        return any(split.get(version, 0) >= 50 for when, split in self._splits if when < at)

    def _raises(self) -> Iterator[str]:
        home, before = self.tale.place.names.baseline, self._splits[0][1]
        for at, split in self._splits[1:]:
            for version, share in split.items():
                risen = version != home and share > before.get(version, 0) + SLACK
                if risen and not self._by_hand(at) and not self._may_raise(version, share, at):
                    yield f"{self._when(at)}: {version} got {share:g}%, and nobody asked for it"
            before = split
        yield from self._bad_ones()

    def _bad_ones(self) -> Iterator[str]:
        """A failing candidate passes no stage by itself."""
        if not self.tale.history.bad:
            return
        orders = any(r.verb in {"promote", "shift", "resume"} for r in self._all)
        bare = any(r.command.machine == BARE and r.verb == "start" for r in self._all)
        staged = any("--stages" in r.command.args for r in self._all)
        if orders or bare or staged or self.tale.by_hand:
            return
        most = max(split.get(self.tale.place.names.candidate, 0) for _, split in self._splits)
        if most > 20 and not any("--to" in r.command.args for r in self._all):
            yield f"a failing candidate got {most:g}%"

    # -- a rollback stays

    def _rollbacks(self) -> Iterator[str]:
        for ran in self._all:
            if ran.verb != "rollback" or ran.code != 0:
                continue
            since = ran.ended + (self._late if "--no-wait" in ran.command.args else 0)
            until = min([since for since, to in self.tale.by_hand if to > ran.begun] or [1e18])
            until = min([until, *(r.begun for r in self._all if self._begins_anew(r, ran))])
            if until <= since:
                continue
            after = self._between(since, until - 0.05)
            named = self._named(ran)
            home = named or max(after[0], key=lambda version: after[0][version])
            for split in after:
                if split.get(home, 0) < 100 - SLACK:
                    yield f"{ran}, and after it the traffic was {dict(split)}"
                    break
            first = self._between(ran.begun, ran.begun)[0]
            if not named and self._is_news(home) and 0 < first.get(home, 0) < 50:
                yield f"{ran}, and {home} got everything, which had {first[home]:g}%"

    def _named(self, rollback: Ran) -> str:
        """The version it was told to send everything to, "" for its baseline."""
        names = self.tale.place.names
        to = dict(pairwise(rollback.command.args)).get("--to", "")
        return {"baseline": names.baseline, "candidate": names.candidate}.get(to, "")

    def _is_news(self, version: str) -> bool:
        return version != self.tale.place.names.baseline

    def _begins_anew(self, one: Ran, rollback: Ran) -> bool:
        """Whether that command may move traffic although the rollback has ended."""
        waits = "--wait" in one.command.args
        anew = one is not rollback and (one.verb == "start" or "--to" in one.command.args)
        return anew and (
            one.begun > rollback.begun - LOADS or (waits and one.ended > rollback.begun)
        )

    # -- codes and words

    def _codes(self) -> Iterator[str]:
        for ran in self._all:
            if ran in self.tale.hangs:
                yield f"{ran}, it did not end: {ran.text}"
            elif not self._may_end_so(ran) or "fault in canary" in ran.text:
                yield f"{ran}: {ran.text}"
            if "Traceback" in ran.text:
                yield f"{ran}, a traceback: {ran.text}"
            if (
                ran.code == 13
                and not any(word in ran.text for word in BY_HAND)
                and "canary " not in ran.err
            ):
                yield f"{ran}, without a way on: {ran.text}"

    def _may_end_so(self, ran: Ran) -> bool:
        code = ran.code
        assert code is not None
        if code < 0:
            return -code in ran.signalled
        if code in {130, 143}:
            return {130: signal.SIGINT, 143: signal.SIGTERM}[code] in ran.signalled
        if code == 1:
            return "can't use the release records" in ran.text and self._has_no_records(ran)
        return code in {*COMMANDS[ran.verb].exits, 2}

    def _has_no_records(self, ran: Ran) -> bool:
        """Whether it can't do without any, and there are none to be read or written."""
        damaged = {self._records_of(name) for name in self.tale.damaged}
        full = ran.command.way is Way.NO_DISK
        return ran.verb != "rollback" and (full or self._store(ran) in damaged)

    def _claims(self) -> Iterator[str]:
        for ran in self._all:
            spoken = ran.command.way in {Way.JSON, Way.NO_DISK}
            if spoken and ran.code is not None and ran.code >= 0 and ran.out.strip():
                try:
                    said = json.loads(ran.out)
                except ValueError:
                    yield f"{ran}, no JSON: {ran.out!r}"
                    continue
                yield from self._said_well(ran, said)
            yield from self._moved(ran)

    def _said_well(self, ran: Ran, said: Mapping[str, Any]) -> Iterator[str]:
        if ran.verb in READS:
            return
        code = said.get("exit_code", ran.code)
        if code != ran.code and "error" not in said:
            yield f"{ran}, its JSON says {code}"
        told = {k: round(v, 2) for k, v in (said.get("traffic") or {}).items() if v}
        seen = self._between(ran.ended - LOOK - self.tale.history.slow, ran.ended)
        asleep = ran.verb in {"pause", "tick"} or "--detach" in ran.command.args
        waited = ran.code == 12 and ran.verb != "start"  # for somebody else who drives
        if (
            told
            and ran.code != 13
            and not asleep
            and not waited
            and not any(_same(told, s) for s in seen)
        ):
            yield f"{ran}, it says {told}, and there was {[dict(s) for s in seen]}"

    def _moved(self, ran: Ran) -> Iterator[str]:
        """Whether the traffic is where the code says."""
        if ran.verb != "start" or ran.code is None:
            return
        seen = self._between(ran.ended - LOOK - self.tale.history.slow, ran.ended)
        shares = [split.get(self._model(ran), 0) for split in seen]
        stays = "stays as it is" in ran.text or "has all traffic again" in ran.text
        before = self._between(ran.begun, ran.begun)[0].get(self._model(ran), 0)
        # A start that can't even look is no release: the candidate may be another one's.
        untouched = ran.code == CLOUD_FAILED and all(abs(s - before) < SLACK for s in shares)
        left = ran.code in BACK and min(shares) > SLACK and not untouched
        if left and not stays and "by hand" not in ran.text:
            yield f"{ran}, and the candidate had {shares}: {ran.text}"
        store = self._store(ran)
        asked = {share for r in self._all if self._store(r) == store for share in self._asks(r)}
        if ran.code == 0 and not any(abs(s - a) < SLACK for s in shares for a in asked):
            yield f"{ran}, and the candidate had {shares}: {ran.text}"

    # -- what is left

    def _left(self) -> Iterator[str]:
        """Whoever has traffic is looked after, or a person was called."""
        at, split = self._splits[-1]
        names = self.tale.place.names
        some = {v: s for v, s in split.items() if v != names.baseline and SLACK < s < 100 - SLACK}
        if not some or any(since <= at for since, _ in self.tale.by_hand):
            return
        if any(r.code == 13 and r.ended > at for r in self._all):
            return
        states = [state for machine in self.tale.machines for state in self._open_on(machine)]
        if not states and not any(r.verb == "sweep" and r.code for r in self.tale.closing):
            yield f"{dict(split)} in the end, and no release is open"
        yield from (f"{state} in the end, after a sweep" for state in states if state not in WAITS)

    def _open_on(self, machine: str) -> list[str]:
        canary = self.tale.machines[machine]
        result = canary.run("status", "--all", "-o", "json")
        if result.code != 0 or machine == "ledger":
            return []
        name = self.tale.place.names.endpoint
        ours = [r for r in result.json["releases"] if r["endpoint"] == name]
        return [r["state"] for r in ours if r["state"] not in {"ended", "idle"}]

    def _others(self) -> Iterator[str]:
        """Nobody's else is touched."""
        tags = self.tale.place.owners_tags()
        names = self.tale.place.names
        wanted = {f"{name} team" for name in (names.endpoint, names.neighbour)}
        if not wanted <= set(tags):
            yield f"of the owner's tags there are left {dict(tags)}"
        splits = [dict(split) for _, split in self.tale.place.splits(neighbour=True)]
        held = {names.baseline: 95, names.candidate: 5}
        want = [{names.baseline: 100}, *([held] if self.tale.neighbour else [])]
        if splits != want:
            yield f"the neighbour's splits were {splits}"

    def _when(self, at: float) -> str:
        return f"at {at - self.tale.begun:.1f} s"


WAITS = frozenset({"held", "paused"})


def _same(one: Split, two: Split) -> bool:
    return all(abs(one.get(k, 0) - two.get(k, 0)) < SLACK for k in {*one, *two})
