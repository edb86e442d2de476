"""What a signal does while a command says why it failed."""

from collections.abc import Sequence

import pytest

from canarycli.cli.main import run
from canarycli.errors import CanaryError, Terminated


class Interrupted(CanaryError):
    """An error whose words are cut short by a signal."""

    def __init__(self, cut: BaseException) -> None:
        super().__init__("nothing is there")
        self.cut = cut

    @property
    def facts(self) -> tuple[str, ...]:
        raise self.cut

    @facts.setter
    def facts(self, _: tuple[str, ...]) -> None:
        """There are none."""


@pytest.mark.parametrize(("cut", "code"), [(Terminated(), 143), (KeyboardInterrupt(), 130)])
def test_a_signal_while_an_error_is_shown_ends_it_with_the_signals_code(
    cut: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(_: Sequence[str]) -> int:
        raise Interrupted(cut)

    assert run(["status"], command) == code
    assert capsys.readouterr() == ("", "")
