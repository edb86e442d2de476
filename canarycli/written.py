"""What stands in a file or behind `--set`: read as a word, and quoted as it was written."""

from typing import Any

EMPTY = "it is empty, give it a value or leave the key out"


def quoted(value: Any) -> str:
    """The value as it was written, in double quotes."""
    match value:
        case None:
            return "an empty value"
        case bool():
            return f'"{str(value).lower()}"'
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case float():
            return f'"{value:g}"'
        case _:
            return f'"{value}"'


def word(value: Any) -> str:
    """The word that was written; a whole number is taken as it is spelt.

    Raises:
        ValueError: it is none; the message is a sentence for people.
    """
    match value:
        case None:
            raise ValueError(EMPTY)
        case str() if "${" in value:
            raise ValueError("variables such as ${NAME} are only read in notify.to")
        case str() if value.strip():
            return value
        case str():
            raise ValueError(EMPTY)
        case int() if not isinstance(value, bool):
            return str(value)
        case dict() | list():
            raise ValueError(f"{quoted(value)} where one word is expected")
        case _:
            raise ValueError(
                f"{quoted(value)} is read as something else than text, put it in quotes"
            )
