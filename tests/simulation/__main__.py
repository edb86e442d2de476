"""Tells one story again: `PYTHONPATH=tests python -m simulation SEED [TWIST ... | -]`.

A story has the twists that its seed says, or else those that are named; `-` is none.
"""

import sys

from simulation.promises import readable
from simulation.story import Story
from simulation.twists import Twist

named = frozenset(Twist[word] for word in sys.argv[2:] if word != "-")
story = Story(int(sys.argv[1]), twists=named if sys.argv[2:] else None)
broken = story.run()
lines = [*story.log]
for told in story.told:
    for event in told.events:
        at = (event.at - story.cloud.clock.now()).total_seconds() + story.timeline.now
        lines.append(f"{at:8.1f} s  {told.driver} {told.what}: {event.type}: {event.message}")
lines += [
    f"{one.at:8.1f} s  the cloud takes {one.share:g}% and {one.copied:g}% copied from {one.by}"
    for one in story.cloud.landed
]
print(f"seed {story.seed} on {story.kind}, {story.faults.kinds}")
print("; ".join(sorted(story.kinds)))
print("\n".join(sorted(lines)))
print(readable(broken) or "every promise held")
sys.exit(bool(broken))
