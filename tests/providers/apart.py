"""One metric that a cloud refuses takes only its own check's data, whichever cloud it is."""

from canarycli.engine.apart import read_apart
from canarycli.metrics import Metric
from canarycli.testing.kit import World


class ApartKit:
    """For a conformance class, beside the kit."""

    def test_a_metric_that_is_refused_leaves_the_others_their_figures(self, world: World) -> None:
        window = world.drive(5)
        errors, arms = Metric("errors_5xx"), (world.baseline, world.candidate)
        odd = Metric("odd", source={world.provider.limits.custom_source: {}})

        found = read_apart(world.provider, world.endpoint, arms, (errors, odd), window)

        assert set(found.failed) == {"odd"}
        assert found.of(world.baseline, errors).points
        assert found.of(world.candidate, errors).points
