"""The metrics that docs/signals.md shows, as a plan made of its examples has them."""

from pathlib import Path

from canarycli.config import load
from canarycli.metrics import Metric

PAGE = Path(__file__).parents[3] / "docs/signals.md"


def documented(folder: Path, kind: str) -> Metric:
    """The metric of the page's example that asks a source of this kind.

    Args:
        folder: for the example, as a canary.yaml.
        kind: `bigquery`, `athena` and the like.
    """
    for example in PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]:
        text = example.split("```")[0]
        if f"{kind}:" not in text:
            continue
        path = folder / "canary.yaml"
        path.write_text(text, encoding="utf-8")
        plans = load(path, cwd=folder, env={}).plans.values()
        found = [c.metric for plan in plans for c in plan.checks if c.metric.origin]
        return next(m for m in found if m.origin is not None and m.origin.kind == kind)
    raise AssertionError(f"docs/signals.md has no example with {kind}")
