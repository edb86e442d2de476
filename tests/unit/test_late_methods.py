"""Values with late methods are what the standard library makes of the same class."""

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from canarycli import late_methods


def made_by(decorator: Callable[..., Any]) -> Any:
    """One class, made by either."""

    @decorator(frozen=True, slots=True)
    class Stage:
        """A stage."""

        percent: float
        words: tuple[str, ...] = ()
        notes: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
        hidden: str = field(default="", repr=False)

        def __post_init__(self) -> None:
            if self.percent > 100:
                raise ValueError("over 100")

    return Stage


@late_methods.dataclass(frozen=True, slots=True)
class Kept:
    """One that a pickle can name."""

    name: str
    inner: Mapping[str, str]


OURS, THEIRS = made_by(late_methods.dataclass), made_by(dataclass)
GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((5,), {}),
    ((5, ("a",), {"b": "c"}, "d"), {}),
    ((), {"percent": 5, "hidden": "x", "notes": {}}),
]


@pytest.mark.parametrize(("args", "named"), GIVEN)
def test_its_values_are_the_same(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = OURS(*args, **named), THEIRS(*args, **named)

    assert repr(ours) == repr(theirs)
    assert hash(ours) == hash(theirs)
    assert [getattr(ours, f.name) for f in fields(ours)] == [
        getattr(theirs, f.name) for f in fields(theirs)
    ]


@pytest.mark.parametrize(
    "given", [{}, {"percent": 5, "share": 1}, {"percent": 500}], ids=["few", "unknown", "wrong"]
)
def test_it_refuses_in_the_same_words(given: dict[str, Any]) -> None:
    def said(kind: Any) -> str:
        with pytest.raises((TypeError, ValueError)) as refused:
            kind(**given)
        return str(refused.value)

    assert said(OURS) == said(THEIRS)


def test_values_are_equal_by_what_is_compared_and_only_to_their_kind() -> None:
    assert OURS(5, notes={"a": "b"}) == OURS(5)
    assert OURS(5) != OURS(6)
    assert OURS(5) != THEIRS(5)
    assert len({OURS(5), OURS(5), OURS(6)}) == 2


@pytest.mark.parametrize("decorator", [late_methods.dataclass, dataclass])
def test_a_method_the_class_has_itself_is_kept(decorator: Callable[..., Any]) -> None:
    @decorator(frozen=True, slots=True)
    class Loud:
        name: str = "a"

        def __repr__(self) -> str:
            return self.name.upper()

    assert repr(Loud()) == "A"


def test_no_two_share_what_a_factory_made() -> None:
    assert OURS(5).notes is not OURS(5).notes


def test_nothing_of_it_can_be_changed() -> None:
    stage = OURS(5)

    for name in ("percent", "more"):
        with pytest.raises(FrozenInstanceError):
            setattr(stage, name, 6)
    with pytest.raises(FrozenInstanceError):
        del stage.percent
    assert not hasattr(stage, "__dict__")
    assert replace(stage, percent=6) == OURS(6)


def test_it_can_be_matched_copied_and_pickled() -> None:
    kept = Kept("a", {"b": "c"})

    match kept:
        case Kept("a", inner):
            assert inner == {"b": "c"}
    assert copy.copy(kept) == copy.deepcopy(kept) == pickle.loads(pickle.dumps(kept)) == kept
    assert copy.deepcopy(kept).inner is not kept.inner


def test_nothing_is_compiled_until_it_is_called() -> None:
    fresh = made_by(late_methods.dataclass)
    waiting = {name: vars(fresh)[name] for name in late_methods.COMPILED}

    fresh(5)

    changed = {name for name, method in waiting.items() if vars(fresh)[name] is not method}
    assert changed == {"__init__"}
