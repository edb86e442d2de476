"""Asks which of several endpoints or releases is meant, where a person is there to say."""

import os
import sys
from dataclasses import replace

from canarycli.cli.display.output import write
from canarycli.cli.options.common import Common
from canarycli.errors import CanaryError, Stopped
from canarycli.operations.address import Address
from canarycli.operations.target import Ambiguous, find_target
from canarycli.operations.workspace import open_store


def address_of(common: Common) -> Address:
    """What the person said; where that can mean several and a person is there, the one picked.

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
    except CanaryError:
        return address  # told by whoever goes on with it
    return address


def _pick(several: Ambiguous) -> str:
    choices = several.choices
    lines = [f"  {n}  {choice.line}" for n, choice in enumerate(choices, 1)]
    write(sys.stderr, "\n".join([f"{several.message}:", *lines, ""]))
    while True:
        write(sys.stderr, f"which one? [1-{len(choices)}, q] ")
        word = sys.stdin.readline()
        if not word or word.strip().lower() in {"q", "n", "no"}:
            raise Stopped("declined, nothing was changed")
        if word.strip().isdecimal() and 1 <= int(word) <= len(choices):
            return choices[int(word) - 1].word
