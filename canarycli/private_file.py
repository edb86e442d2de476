"""Opens the files that tell of a release: for their user alone, and never through a link."""

import errno
import os
from pathlib import Path
from typing import TextIO

DEVICES = Path("/dev")
"""`/dev/stdout` and its like are links by nature."""


def open_private(path: Path, *, add: bool = False) -> TextIO:
    """The file, open for writing; a new one is readable by its user only.

    A link that somebody else left in a checkout or a shared folder would send the text, or the
    loss of what stood there, wherever it points.

    Args:
        path: of the file.
        add: write behind what is there instead of replacing it.

    Raises:
        OSError: it can't be opened, or is a link.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if add else os.O_TRUNC)
    if not path.absolute().is_relative_to(DEVICES):
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        opened = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(error.errno, "it is a link, and canary follows none", path) from error
        raise
    return os.fdopen(opened, "a" if add else "w", encoding="utf-8", errors="backslashreplace")
