"""Loads and lints canary.yaml; pydantic is imported with the first file that is read."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from canarycli.config.discover import discover
from canarycli.config.problem import Problem, complain
from canarycli.config.values import Config

if TYPE_CHECKING:
    from canarycli.config.models import FileModel
    from canarycli.config.rules import Rule


def load(path: Path | None, *, cwd: Path, env: Mapping[str, str]) -> Config:
    """The config that counts here: `--config`, `CANARY_CONFIG`, or the one `discover` finds.

    An empty `Config` where there is none.

    Raises:
        PlanError: the file named is not there, or has mistakes; the message holds all of them.
    """
    found = discover(path, cwd=cwd, env=env)
    if found is None:
        return Config()
    from canarycli.config.build import build_config
    from canarycli.config.rules import file_flaws

    model, problems = _checked(found, shown(found, cwd), (file_flaws,))
    if model is None:
        raise complain(problems)
    return build_config(model, found)


def lint(path: Path, *, cwd: Path | None = None) -> tuple[Problem, ...]:
    """Every problem of a file, in its order; none if it is fine."""
    from canarycli.config.rules import file_flaws, lint_flaws

    place = path if cwd is None else cwd / path
    _, problems = _checked(place, shown(path, cwd), (file_flaws, lint_flaws))
    return problems


def shown(path: Path, cwd: Path | None) -> str:
    """A file's name as people should see it: from where they are."""
    if cwd is not None and path.is_relative_to(cwd):
        return str(path.relative_to(cwd))
    return str(path)


def _checked(
    path: Path, file: str, rules: "Sequence[Rule]"
) -> "tuple[FileModel | None, tuple[Problem, ...]]":
    from canarycli.config.models import FileModel
    from canarycli.config.source import read_source
    from canarycli.config.validate import validate

    document = read_source(path, file)
    if document.problems and document.data is None:
        return None, tuple(document.problems)
    return validate(document, FileModel, lambda data: chain(*(rule(data) for rule in rules)))
