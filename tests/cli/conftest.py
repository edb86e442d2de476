"""What the tests of the command line share."""

from pathlib import Path

import pytest
from cli.shell import Desk, desk


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """An empty home."""
    return desk(tmp_path)
