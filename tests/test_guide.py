"""What the pages show works: every canary.yaml, every command line, every key, every message."""

import re
import shlex
from pathlib import Path

import pytest
from pages import FENCE, ROOT, fences, pages, python_files
from reference import ELSEWHERE, EXAMPLES, SECTIONS, example, keys

from canarycli.cli.main import known, load_command
from canarycli.config import lint
from canarycli.config.schema import config_schema


def whole_configs() -> list[tuple[Path, str]]:
    """Every canary.yaml that a page shows from its first key on."""
    return [
        (page, text)
        for page in pages()
        for text in fences(page.read_text(encoding="utf-8"), "yaml")
        if re.match(r"(#.*\n)?version: 1\n", text)
    ]


@pytest.mark.parametrize(
    ("page", "text"), whole_configs(), ids=lambda value: getattr(value, "name", "")
)
def test_a_plan_of_the_docs_has_no_mistake(page: Path, text: str, tmp_path: Path) -> None:
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")

    assert lint(tmp_path / "canary.yaml") == (), page.name


def typed_commands() -> list[list[str]]:
    """Every command line of canary's that a page shows, without the `canary`."""
    texts = [page.read_text(encoding="utf-8") for page in pages()]
    blocks = "".join(block for text in texts for block in fences(text, "console"))
    lines = dict.fromkeys(re.findall(r"^\$ (canary .*)$", blocks, re.MULTILINE))
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.parametrize("words", typed_commands(), ids=" ".join)
def test_every_command_line_of_the_docs_parses(words: list[str]) -> None:
    name, *arguments = words
    command = load_command(known(name))

    with command.make_context(name, arguments) as context:
        assert context.command is command


def named_in_texts() -> list[tuple[str, str, str]]:
    """Every command that a sentence or a block without a prompt names, with the page it is on."""
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        inline = re.findall(r"`(canary [a-z][^`]*)`", FENCE.sub("", text))
        blocks = "".join(body for language, body in FENCE.findall(text) if language != "console")
        lines = re.findall(r"(?:^|run: )(canary [a-z].*)$", blocks, re.MULTILINE)
        found += [(page.name, *line.split()[1:2], line) for line in (*inline, *lines)]
    return found


def test_every_command_and_option_that_a_text_names_is_there() -> None:
    wrong = []
    for page, word, line in named_in_texts():
        if word == "release":  # what OpenTelemetry calls a release
            continue
        command = load_command(known(word))
        there = {option for param in command.params for option in param.opts} | {"--help"}
        used = re.findall(r"(?<!\S)--[a-z][a-z-]*", line.partition(" | ")[0])
        wrong += [f"{page}: {line}: {option}" for option in used if option not in there]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_an_example_of_canary_yaml_has_no_mistake(name: str) -> None:
    assert lint(EXAMPLES / name) == ()


def test_every_key_of_canary_yaml_has_an_example_where_it_is_explained() -> None:
    schema = config_schema()
    everything = "".join(example(section) for section in SECTIONS)

    lacking = [
        f"{section.example}.yaml: {model or 'the file'}: {key}"
        for section in SECTIONS
        for model in section.models
        for key in keys(schema, model)
        if not re.search(rf"\b{key}:", example(section) if model else everything)
    ]
    assert lacking == [], "write it into docs/examples, then run: python docs/generate.py"


def test_every_part_of_canary_yaml_is_explained() -> None:
    explained = {model for section in SECTIONS for model in section.models} | ELSEWHERE

    assert set(config_schema()["$defs"]) - explained == set(), "docs/reference.py: SECTIONS"


QUOTED = re.compile(r"^`[^`]+`(?:, `[^`]+`)*$", re.MULTILINE)


def test_troubleshooting_quotes_what_the_program_says() -> None:
    page = (ROOT / "docs/guide/troubleshooting.md").read_text(encoding="utf-8")
    said = [text for line in QUOTED.findall(page) for text in re.findall(r"`([^`]+)`", line)]
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in python_files()
        if path.parts[len(ROOT.parts)] in {"canarycli", "providers"}
    )

    assert len(said) > 10
    assert [text for text in said if text not in sources] == []
