"""The one door for text from outside: made harmless for whatever shows it or obeys it.

Names that people choose, answers of models, errors of clouds and keys of files are words of
strangers. A terminal obeys escape codes, a reader is fooled by signs that turn the direction of
writing, a pipeline runs commands that stand in a log.
"""

import re
from html import escape
from json import dumps

_UNSEEN = (
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\uffa0\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""What takes no room: two names that look alike may differ by it. Unicode calls it ignorable."""

_STRANGE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    f"{_UNSEEN}"
    "\u2028\u2029\ufffe\uffff\ud800-\udfff]"  # other line ends, marks, halves of a pair
)
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_FLOOD = f"(?<={_MARK}{{4}}){_MARK}+"
"""Marks over a letter that has four already: no language has more, and a pile hides lines."""

_OURS = "(\x1b\\[(?:0|1|2|7|31|32|33|36)m)"
"""The colours that canary itself uses."""

_WIDE = f"{_STRANGE}|[^\x00-\x7f]"

# The runners' own comparisons pass over variation selectors, and cut off blanks of any kind:
# actions/runner, ActionCommand.cs; microsoft/azure-pipelines-agent, Command.cs.
_OVER = "[\ufe00-\ufe0f]*"
_AZURE = f"(?i)#(?={_OVER}#{_OVER}(?:{_OVER.join('vso')}{_OVER})?\\[)"
_GITHUB = rf"(?m)^((?:[^\S\n]|[\ufe00-\ufe0f])*):(?={_OVER}:[\w-]+[ :])"
_MARKUP = r"[\\`\[\]<|&@]|(?<=\w):(?=//)|#(?=\d)|(?<![\w.])w(?=ww\.)"


def visible(text: str, *, colours: bool = False) -> str:
    r"""The text with every sign that a terminal or a reader would obey written out: `\x1b`.

    Args:
        text: of anybody; tabs and newlines stay.
        colours: canary's own colour codes stay too.
    """
    if colours:
        parts = re.split(_OURS, text)
        return "".join(part if n % 2 else visible(part) for n, part in enumerate(parts))
    text = re.sub(_FLOOD, "…", text) if not text.isascii() else text
    return re.sub(_STRANGE, _written, text)


def harmless(text: str, *, colours: bool = False) -> str:
    """The text as a terminal or a log may have it: nothing in it is a command to a pipeline."""
    return _unordered(visible(text, colours=colours))


def harmless_json(text: str, *, narrow: bool = False) -> str:
    """JSON with the same value, and nothing in it that a terminal or a pipeline would obey.

    Args:
        text: JSON.
        narrow: whoever reads it takes ASCII only.
    """
    text = re.sub(_WIDE if narrow else _STRANGE, _in_json, text)
    return re.sub(_AZURE, r"\\u0023", text)


def in_markdown(text: str) -> str:
    """The text as Markdown shows it letter by letter, on one line: no link, mention, HTML."""
    line = " ".join(visible(text).split("\n"))
    return _unordered(re.sub(_MARKUP, _entity, line))


def in_slack(text: str) -> str:
    """The text as Slack shows it letter by letter: nobody is called by it, no link hides in it.

    https://docs.slack.dev/messaging/formatting-message-text, Escaping text
    """
    return escape(visible(text), quote=False)


def in_chat(text: str) -> str:
    """The text for a chat of any kind, in which nobody is called by it."""
    return visible(text).replace("@", "@\u200b")


def in_xml(text: str) -> str:
    """The text without what XML 1.0 has no way to write, which is written out instead."""
    return visible(text)


def in_line(text: str) -> str:
    """The text on one line, for a command of a pipeline that ends where the line ends."""
    return harmless(text).replace("\r", " ").replace("\n", " ")


def _unordered(text: str) -> str:
    return re.sub(_GITHUB, r"\1: ", re.sub(_AZURE, "# ", text))


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _in_json(found: re.Match[str]) -> str:
    return dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"


def _entity(found: re.Match[str]) -> str:
    # GitHub looks for mentions and issues in what is shown, where an entity is its sign again.
    return f"{found[0]}&#8203;" if found[0] in "@#" else f"&#{ord(found[0])};"
