"""What docs/signals.md shows, read as a person's canary.yaml would be."""

from collections.abc import Iterator
from pathlib import Path

from canarycli.config import Config, load
from canarycli.config.recorded import recorded
from canarycli.metrics import Metric

PAGE = Path(__file__).parents[3] / "docs/signals.md"


def documented(folder: Path, kind: str) -> Metric:
    """The first metric of the page that is asked of a source of this kind.

    Args:
        folder: for the examples, as a canary.yaml.
        kind: `bigquery`, `athena` and the like.
    """
    for config in _examples(folder):
        for plan in config.plans.values():
            for check in plan.checks:
                origin = check.metric.origin
                if origin is not None and origin.kind == kind:
                    return check.metric
    raise AssertionError(f"docs/signals.md has no example with {kind}")


def documented_answers(folder: Path, provider: str) -> dict[str, Metric]:
    """The metrics of answers that the page judges on an endpoint of this cloud, by their key."""
    for config in _examples(folder):
        for endpoint in config.endpoints.values():
            if endpoint.provider == provider and endpoint.predictions and not endpoint.labels:
                plan = recorded(config.plans[endpoint.plan or ""], endpoint.predictions)
                metrics = [check.metric for check in plan.checks if check.metric.says]
                return {metric.key: metric for metric in metrics}
    raise AssertionError(f"docs/signals.md has no answers of {provider}")


def _examples(folder: Path) -> Iterator[Config]:
    page = PAGE.read_text(encoding="utf-8")
    query = page.split("```sql\n")[1].split("```")[0]
    (folder / "bought.sql").write_text(query, encoding="utf-8")
    for example in page.split("```yaml\n")[1:]:
        path = folder / "canary.yaml"
        path.write_text(example.split("```")[0], encoding="utf-8")
        yield load(path, cwd=folder, env={})
