"""What a provider can do is asked of it; one that says yes to everything is not believed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from canarycli import registry
from canarycli.errors import UsageError
from canarycli.provider import Deployer, Doctor, Smoker
from canarycli.registry import load_provider
from canarycli.simulator import Simulator
from canarycli.verbs import offers


class Passing:
    """Passes everything on to another, as one does who puts figures of their own beside a cloud."""

    def __init__(self) -> None:
        self._inner = Simulator({"state": ":memory:"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Yes:
    """Has whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: name

    def smoke(self, *_: Any) -> None:
        """The one thing that is written in it."""


def test_one_that_passes_on_has_what_the_other_has() -> None:
    assert offers(Passing(), Deployer)


def test_one_that_has_every_name_has_what_is_written_in_it() -> None:
    yes = Yes()

    assert [kind for kind in (Deployer, Doctor, Smoker) if offers(yes, kind)] == [Smoker]


ODD = """
from canarycli.simulator import Simulator
class Yes:
    def __init__(self, settings): pass
    def __getattr__(self, name): return lambda *_: name
class Passing:
    def __init__(self, settings): self._inner = Simulator({"state": ":memory:"})
    def __getattr__(self, name): return getattr(self._inner, name)
class Dict(Passing):
    limits = {"finest_percent": 1}
class Nowhere(Passing):
    place = None
class Word(Passing):
    describe = "a text"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    info = tmp_path / "odd-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: odd\nVersion: 1.0\n")
    names = ("Yes", "Passing", "Dict", "Nowhere", "Word")
    entries = "".join(f"{name.lower()} = odd_provider:{name}\n" for name in names)
    (info / "entry_points.txt").write_text(f"[canarycli.providers]\n{entries}")
    (tmp_path / "odd_provider.py").write_text(ODD)
    monkeypatch.syspath_prepend(tmp_path)
    registry._foreign_class.cache_clear()
    yield
    sys.modules.pop("odd_provider", None)
    registry._foreign_class.cache_clear()


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("yes", "lacks limits, place, describe, notes, shift, measure, plain_command"),
        ("dict", "lacks limits as a Limits, it is dict"),
        ("nowhere", "lacks place as a str, it is NoneType"),
        ("word", "lacks describe as a method"),
    ],
)
def test_what_is_not_as_the_contract_has_it_is_said_at_once(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        load_provider(name, {})

    assert f"provider {name!r} (odd 1.0)" in str(caught.value)


@pytest.mark.usefixtures("site")
def test_one_that_passes_on_is_taken() -> None:
    assert load_provider("passing", {}).limits.finest_percent > 0
