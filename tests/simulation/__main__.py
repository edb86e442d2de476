"""Tells one story again: `PYTHONPATH=tests python -m simulation SEED`."""

import sys

from simulation.promises import readable
from simulation.story import Story

story = Story(int(sys.argv[1]))
broken = story.run()
lines = [*story.log]
for told in story.told:
    for event in told.events:
        at = (event.at - story.cloud.clock.now()).total_seconds() + story.timeline.now
        lines.append(f"{at:8.1f} s  {told.driver} {told.what}: {event.type}: {event.message}")
lines += [
    f"{one.at:8.1f} s  the cloud takes {one.share:g}% from {one.by}" for one in story.cloud.landed
]
print(f"seed {story.seed} on {story.kind}, {story.faults.kinds}")
print("\n".join(sorted(lines)))
print(readable(broken) or "every promise held")
sys.exit(bool(broken))
