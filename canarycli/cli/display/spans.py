"""Lines of styled spans: what a frame is made of before anybody decides about colour."""

Span = tuple[str, str]
"""A text and its style."""

Line = list[Span]

GOOD, BAD, DOUBT, QUIET, STRONG, OURS = "green", "red", "yellow", "dim", "bold", "cyan"


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line)


def cut(line: Line, width: int) -> Line:
    """A line that fits; what is cut off leaves a `…`."""
    if len(plain(line)) <= width:
        return line
    left, kept = width - 1, []
    for text, style in line:
        if left > 0:
            kept.append((text[:left], style))
        left -= len(text)
    return [*kept, ("…", "")]
