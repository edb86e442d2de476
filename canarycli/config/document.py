"""A YAML file as plain data with the place of every key and value.

Scalars are read by the rules of YAML 1.2, not 1.1: `on`, `yes` and `15:00` stay text instead of
turning into True, True and 900, so that a mistake is quoted as it was written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from canarycli.config.problem import At, Problem, write_path

Path = tuple[str | int, ...]
Mark = tuple[int, int]

MOST_NODES = 20_000
DEEPEST_MERGE = 10
LARGEST = 1_000_000
LONGEST_NUMBER = 30
DEEP = "it is nested too deeply to be a config"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand: line and column, from 1."""

    key: Mark
    value: Mark


@dataclass(slots=True)
class Document:
    """What was read.

    Attributes:
        file: as people should see it.
        data: mappings with text keys, lists, text, numbers, True, False, None.
        places: by path; `()` is the document.
        problems: what is wrong with the YAML itself.
    """

    file: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, sentence: str, at: At = At.VALUE) -> Problem:
        """A problem of the thing at `path`, or of the nearest thing around it that has a place."""
        nearest = path
        while nearest and nearest not in self.places:
            nearest = nearest[:-1]
        place = self.places.get(nearest, Place((0, 0), (0, 0)))
        line, column = place.value if at is At.VALUE and nearest == path else place.key
        if not path or isinstance(path[-1], int) or at is At.INSIDE:
            return Problem(self.file, line, column, write_path(path), sentence)
        if at is At.VALUE:
            sentence = f"{path[-1]}: {sentence}"
        return Problem(self.file, line, column, write_path(path[:-1]), sentence)


class Loader(yaml.SafeLoader):
    """PyYAML with the plain scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape


def _resolve(tag: str, pattern: str, first: str) -> None:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_resolve("null", r"^(?:~|null|Null|NULL)$", "~nN")
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolve("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-0123456789")
_resolve("merge", r"^<<$", "<")
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def read_document(text: str, file: str) -> Document:
    """The first document of a YAML (or JSON) text. Never raises: see `Document.problems`."""
    document = Document(file)
    if len(text) > LARGEST:
        sentence = f"{len(text):,} characters are too many, {LARGEST:,} are read"
        document.problems.append(Problem(file, 0, 0, "", sentence))
        return document
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may indent with tabs, YAML may not
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_broken(error, file))
        return document
    except yaml.reader.ReaderError as error:
        sentence = f"this is not YAML: U+{ord(text[error.position]):04X} may not stand in it"
        line, column = _place(text, error.position)
        document.problems.append(Problem(file, line, column, "", sentence))
        return document
    except (yaml.YAMLError, ValueError) as error:
        document.problems.append(Problem(file, 0, 0, "", f"this is not YAML: {error}"))
        return document
    except RecursionError:
        document.problems.append(Problem(file, 0, 0, "", DEEP))
        return document
    if node is not None:
        document.places[()] = Place(_mark(node), _mark(node))
        try:
            _Reader(document).read(node)
        except RecursionError:
            document.data = None
            document.problems.append(Problem(file, 0, 0, "", DEEP))
    return document


class _Reader:
    """Walks the nodes once, noting places on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = MOST_NODES
        self._endless = False
        self._inside: list[yaml.Node] = []

    def read(self, node: yaml.Node) -> None:
        data = self._value(node, ())
        self._document.data = None if self._endless else data

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if node in self._inside or not self._counted(node, path):
            self._give_up(node, path)
            return None
        self._inside.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return {
                    key: self._entry(*pair, (*path, key)) for key, pair in self._pairs(node, path)
                }
            if isinstance(node, yaml.SequenceNode):
                return [self._item(item, (*path, n)) for n, item in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._inside.pop()

    def _counted(self, node: yaml.Node, path: Path) -> bool:
        """Whether this node, or merged entry, may still be looked at."""
        self._left -= 1
        if self._left < 0:
            self._give_up(node, path)
        return self._left >= 0

    def _give_up(self, node: yaml.Node, path: Path) -> None:
        if not self._endless:
            self._note(node, path, "an alias that contains itself or grows without end")
        self._endless = True

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        try:
            return _scalar(node)
        except ValueError:
            kind = node.tag.rpartition(":")[2]
            self._note(node, path, f"{node.value!r} is marked as {kind} and is none")
            return node.value

    def _entry(self, key: yaml.Node, node: yaml.Node, path: Path) -> Any:
        self._document.places[path] = Place(_mark(key), _mark(node))
        return self._value(node, path)

    def _item(self, node: yaml.Node, path: Path) -> Any:
        self._document.places[path] = Place(_mark(node), _mark(node))
        return self._value(node, path)

    def _pairs(
        self, node: yaml.MappingNode, path: Path, depth: int = 0
    ) -> Iterator[tuple[str, tuple[yaml.Node, yaml.Node]]]:
        """The entries of a mapping, each key once, merged ones (`<<`) last."""
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                self._note(key, path, "a key here is one word, not a list or a mapping")
            elif key.value in seen:
                self._note(key, path, f"{key.value} is written twice")
            else:
                seen.add(key.value)
                yield key.value, (key, value)
        for merged in _merged(node) if depth < DEEPEST_MERGE else ():
            for key, pair in self._pairs(merged, path, depth + 1):
                if not self._counted(merged, path):
                    return
                if key not in seen:
                    seen.add(key)
                    yield key, pair

    def _note(self, node: yaml.Node, path: Path, sentence: str) -> None:
        line, column = _mark(node)
        problem = Problem(self._document.file, line, column, write_path(path), sentence)
        self._document.problems.append(problem)


def _merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
            yield from (s for s in sources if isinstance(s, yaml.MappingNode))


def _scalar(node: yaml.Node) -> Any:
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return node.value.lower() == "true"
        case "int" if len(node.value) < LONGEST_NUMBER:
            return int(node.value)
        case "float":
            return float(node.value)
        case _:
            return node.value


def _place(text: str, position: int) -> Mark:
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _broken(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    problem = (error.problem or "it ends too early").rstrip(".")
    return Problem(file, line, column, "", f"this is not YAML: {problem}")
