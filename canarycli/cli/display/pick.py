"""Asks which of several endpoints or releases is meant, where a person is there to say."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from shlex import join

from canarycli.cli.display.output import write
from canarycli.cli.options.common import Common
from canarycli.errors import CanaryError, Stopped
from canarycli.harmless import harmless
from canarycli.operations.address import Address
from canarycli.operations.target import (
    Ambiguous,
    Choice,
    NothingNamed,
    find_target,
    kind_of,
)
from canarycli.operations.workspace import open_store


def address_of(common: Common, *, offer: bool = False) -> Address:
    """What the person said; where that can mean several and a person is there, the one picked.

    Args:
        common: what they said.
        offer: where nothing is named at all, offer the endpoints that can be seen from here.

    Raises:
        Stopped: they picked none.
    """
    address = common.address
    if address.word or not common.may_ask:
        return address
    try:
        find_target(address, open_store(os.environ, address.config), os.environ)
    except Ambiguous as several:
        return replace(address, release=_pick(several), endpoint=None)
    except NothingNamed:
        return _offered(address) if offer else address
    except CanaryError:
        return address  # told by whoever goes on with it
    return address


def _pick(several: Ambiguous) -> str:
    return pick(f"{several.message}:", several.choices)


def _offered(address: Address) -> Address:
    """The one picked of the endpoints that can be seen; what was said, if there are none."""
    # A rollback does not wait for this.
    from canarycli.operations.visible import visible, visible_anywhere

    write(sys.stderr, "no canary.yaml here; looking for endpoints\n")
    if address.provider is None:
        found = visible_anywhere(address.settings)
    else:
        found = visible(kind_of(address.provider), address.settings)
    if not found:
        return address
    choices = [Choice(str(number), one.line) for number, one in enumerate(found)]
    meant = found[int(pick("Which endpoint?", choices))]
    write(sys.stderr, f"the same without asking: {join(meant.flags)}\n")
    where = {**address.settings, **meant.settings}
    return replace(address, endpoint=meant.name, provider=meant.provider, settings=where)


def pick(question: str, choices: Sequence[Choice]) -> str:
    """The word of the one that a person picks.

    Raises:
        Stopped: they picked none.
    """
    lines = [harmless(f"  {n}  {choice.line}") for n, choice in enumerate(choices, 1)]
    write(sys.stderr, "\n".join([question, *lines, ""]))
    while True:
        write(sys.stderr, f"which one? [1-{len(choices)}, q] ")
        word = sys.stdin.readline()
        if not word or word.strip().lower() in {"q", "n", "no"}:
            raise Stopped("declined, nothing was changed")
        if word.strip().isdecimal() and 1 <= int(word) <= len(choices):
            return choices[int(word) - 1].word
