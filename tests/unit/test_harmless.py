"""Words of strangers are shown, and never obeyed."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canarycli.harmless import (
    harmless,
    harmless_json,
    in_chat,
    in_line,
    in_markdown,
    in_slack,
    in_xml,
    visible,
)

EVIL = (
    "e<img src=x onerror=alert(1)>\"'|`$(touch pwned)`[b]x[/b]\x1b[31mR\x1b]52;c;aGk=\x07\u202eabc "
    "@octocat ![i](http://evil.example/x.png) ##vso[task.setvariable variable=p]1 "
    "##[set-output name=a]b\n::set-output name=p::1"
)
ANYTHING = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from([*"#:[] \n\tv<&@!`()", "\x1b", "\u202e", "\ud800", "\ufffe"]),
    )
)
COMMAND = re.compile(r"(?m)##vso\[|##\[|^\s*::[\w-]+[ :]")
STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(ANYTHING)
def test_nothing_is_left_that_a_terminal_or_a_runner_obeys(text: str) -> None:
    said = harmless(text)

    assert not STRANGE.search(said)
    assert not COMMAND.search(said)


@given(ANYTHING)
def test_xml_can_be_read_by_a_parser(text: str) -> None:
    element = ET.Element("a", {"b": in_xml(text)})
    element.text = in_xml(text)

    ET.fromstring(ET.tostring(element, encoding="unicode"))


@given(ANYTHING)
def test_a_line_is_one_line(text: str) -> None:
    assert "\n" not in in_line(text)
    assert not COMMAND.search(in_line(text))


@pytest.mark.parametrize("live", ["<img", "@octocat", "![i]", "](", "`", "http://"])
def test_nothing_is_live_in_markdown(live: str) -> None:
    assert live in EVIL
    assert live not in in_markdown(EVIL)


@given(text=ANYTHING, narrow=st.booleans())
def test_json_is_spelt_differently_and_says_the_same(text: str, *, narrow: bool) -> None:
    document = {text: [text, {"deep": text}]}

    spelt = harmless_json(json.dumps(document, ensure_ascii=False), narrow=narrow)

    assert json.loads(spelt) == document
    assert not COMMAND.search(spelt)
    assert not STRANGE.search(spelt)
    assert not narrow or spelt.isascii()


def test_ordinary_words_stay_as_they_are() -> None:
    text = "errors_5xx 0.19% -> 1.34% (+1.15 pp, limit +0.50 pp), 3 of 3; v41 → v42\n\tnext: 5%"

    assert harmless(text) == text
    assert in_markdown("errors_5xx 0.19% -> 1.34%, v41 → v42") == (
        "errors_5xx 0.19% -> 1.34%, v41 → v42"
    )


def test_our_own_colours_stay_where_colour_is_on_and_no_other_code() -> None:
    text = "\x1b[31merror:\x1b[0m \x1b[5mblink\x1b]52;c;aGk=\x07"

    assert visible(text, colours=True) == (
        "\x1b[31merror:\x1b[0m \\x1b[5mblink\\x1b]52;c;aGk=\\x07"
    )
    assert "\x1b" not in visible(text)


UNSEEN = "\u200b\u200d\u2060\xad\u3164\U000e0041\u180e\ufe0f"
BLANKS = "\xa0\u2003\u3000\u1680\u202f"


@pytest.mark.parametrize("sign", UNSEEN[:-1], ids=ascii)
def test_what_takes_no_room_is_written_out(sign: str) -> None:
    assert visible(f"fraud{sign}-v42").isascii()
    assert visible(f"fraud{sign}-v42") != visible("fraud-v42")


@pytest.mark.parametrize("sign", [*UNSEEN, ""], ids=ascii)
def test_a_command_is_none_with_signs_in_it_that_runners_pass_over(sign: str) -> None:
    for command in ("##vso[task.prependpath]evil", "##[error]x", "##VSO[task.complete]"):
        spelt = sign.join(command)
        for said in (harmless(spelt), in_markdown(spelt), harmless_json(json.dumps(spelt))):
            plain = "".join(letter for letter in said if letter not in UNSEEN)
            assert not COMMAND.search(plain.lower()), said
    said = harmless(f"{sign}:{sign}:error file=a.py::owned")
    assert not COMMAND.search("".join(letter for letter in said if letter not in UNSEEN))


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_no_kind_of_blank_in_front_makes_a_command(blank: str) -> None:
    for said in (harmless(f"{blank}::set-output name=p::1"), in_line(f"{blank} ::error::x")):
        assert not said.strip().startswith("::")


def test_mentions_and_issues_are_broken_up_where_they_are_shown() -> None:
    assert in_markdown("@octocat #12") == "@&#8203;octocat #&#8203;12"


CALLS = "<!channel> <!here|x> <@U1> <https://evil.example|the report> @everyone <@&7>"


def test_nobody_is_called_by_a_text_of_others_in_a_chat() -> None:
    assert "<" not in in_slack(CALLS)
    assert in_slack("a & b -> c") == "a &amp; b -&gt; c"
    assert not re.search(r"@[\w&!]", in_chat(CALLS))


def test_marks_piled_on_a_letter_hide_no_lines_around_it() -> None:
    piled = "v42" + "\u0301\u0488\u20e4\u0336" * 200

    assert len(visible(piled)) < 10
    assert visible("Việt e\u0323\u0302\u0301") == "Việt e\u0323\u0302\u0301"
    assert visible("a" + "\u0301" * 300) == "a" + "\u0301" * 4 + "…"
