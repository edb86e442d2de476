"""A rollback to a named version holds for every machine, on all clouds."""

from pathlib import Path

import pytest
from cli.worlds import WORLDS


@pytest.mark.slow
@pytest.mark.parametrize("cloud", WORLDS)
def test_a_rollback_to_the_candidate_is_where_the_next_one_goes_from_every_machine(
    cloud: str, tmp_path: Path
) -> None:
    with WORLDS[cloud](tmp_path) as world:
        world.settles_in(0)
        ann, bob, phone = world.ann, world.ann.elsewhere("bob"), world.ann.elsewhere("phone")
        held = ann.run("start", "-m", world.model, "-p", "5", "--bake", "0s", "-y")
        assert held.code == 0, held.err
        back = ("rollback", *world.flags, "-y", "--no-wait")
        for machine, to in ((bob, ("--to", world.model)), (bob, ()), (phone, ()), (ann, ())):
            result = machine.run(*back, *to, "-o", "json")
            assert result.code == 0, result.err
            assert result.json["baseline"]["name"] == world.model
        assert world.shares() == [0, 5, 100]
