"""Finds the text of an answer and the tokens it took, where language models have them."""

from collections.abc import Mapping, Sequence
from typing import Any

Place = tuple[str | int, ...]

TEXTS: tuple[Place, ...] = (
    ("choices", 0, "message", "content"),  # chat completions: OpenAI, vLLM, TGI, Azure
    ("choices", 0, "text"),  # completions of the same
    ("generated_text",),  # TGI's own, Hugging Face
    ("output", "message", "content"),  # Bedrock's Converse, Nova
    ("candidates", 0, "content", "parts"),  # Gemini
    ("content",),  # Anthropic's messages
    ("outputs", 0, "text"),  # Mistral on Bedrock
    ("results", 0, "outputText"),  # Titan
    ("generation",),  # Llama on Bedrock
)
"""Where the text is; the first that is there counts."""

TOKENS: tuple[Place, ...] = (
    ("usage", "completion_tokens"),  # OpenAI, vLLM, TGI, Azure
    ("usage", "output_tokens"),  # Anthropic
    ("usage", "outputTokens"),  # Bedrock's Converse, Nova
    ("usageMetadata", "candidatesTokenCount"),  # Gemini
    ("details", "generated_tokens"),  # TGI's own
    ("results", 0, "tokenCount"),  # Titan
    ("generation_token_count",),  # Llama on Bedrock
    ("usage", "total_tokens"),  # where only the sum with the question's is told
    ("usage", "totalTokens"),
)
"""Where the number of tokens is that the model wrote, likewise."""


def text_in(item: Any) -> str | None:
    """The text of one answer, None where it has none in any of these forms."""
    if isinstance(item, str):
        return item
    found = (as_text(_at(item, place)) for place in TEXTS)
    return next((text for text in found if text is not None), None)


def tokens_in(item: Any) -> float | None:
    """The tokens that one answer took, None likewise."""
    found = (as_number(_at(item, place)) for place in TOKENS)
    return next((number for number in found if number is not None), None)


def as_text(value: Any) -> str | None:
    """A text, or the parts of one, None where it is neither."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in value]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if texts else None


def as_number(value: Any) -> float | None:
    """A number of tokens, None where it is none."""
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if whole and 0 <= value < float("inf") else None


def _at(item: Any, place: Place) -> Any:
    for step in place:
        if isinstance(step, str):
            item = item.get(step) if isinstance(item, Mapping) else None
        else:
            listed = isinstance(item, Sequence) and not isinstance(item, str) and len(item) > step
            item = item[step] if listed else None
        if item is None:
            return None
    return item
