"""docs/vertex.md says what the program does."""

import re
from pathlib import Path

import pytest
import yaml

from canarycli.metrics import Metric
from canarycli.permissions import Needs
from canarycli_vertex.blueprint import OPTIONS
from canarycli_vertex.custom import REDUCERS, Source
from canarycli_vertex.offered import NAMES, WORD
from canarycli_vertex.policy import policy

PAGE = (Path(__file__).parents[3] / "docs" / "vertex.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([^`\n]+)`", PAGE))


@pytest.mark.parametrize(
    "words",
    [NAMES, OPTIONS, set(policy(Needs(deploys=True))["includedPermissions"]), set(REDUCERS)],
    ids=["metrics", "options", "permissions", "reducers"],
)
def test_every_word_is_explained(words: set[str]) -> None:
    assert words - WORDS == set()


def test_the_metric_of_ones_own_is_one() -> None:
    block = next(b for b in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if WORD in b)
    given = yaml.safe_load(block)["checks"][0]["metric"]

    source = Source.read(Metric(given["name"], source={WORD: given[WORD]}), "1000")

    assert source.arm_label == "deployed_model"
