"""Keeps an idle variant's instances from being scaled away, and lets them go again."""

from dataclasses import replace

from canarycli.late_methods import dataclass
from canarycli.provider import Endpoint
from canarycli_sagemaker.autoscaling import Autoscaling
from canarycli_sagemaker.notes import Tags

LEAST_TAG = "canary-least-"
"""Followed by the variant: `<minimum before> <release>`."""


@dataclass(frozen=True, slots=True)
class Warmth:
    """The autoscaled minimum of variants during a release.

    At weight 0 autoscaling shrinks a variant to its minimum, and a baseline that small can't take
    everything back at once. The minimum it had is kept in a tag of the endpoint.
    """

    autoscaling: Autoscaling
    tags: Tags

    def keep(self, seen: Endpoint, version: str, release: str) -> bool:
        """Raise a variant's minimum to the instances it has; False if it does not scale."""
        scaling = self.autoscaling.of(seen.name, [version]).get(version)
        if scaling is None:
            return False
        key, arn = LEAST_TAG + version, seen.raw.arn
        _, _, by = self.tags.read(arn).get(key, "").partition(" ")
        if by != release:
            self.tags.write(arn, {key: f"{scaling.least} {release}"})
        now = seen.version(version)
        count = max(scaling.least, (now.instances if now is not None else None) or 0)
        least = min(count, scaling.most)
        if least != scaling.least:
            self.autoscaling.put(seen.name, replace(scaling, least=least))
        return True

    def let_go(self, seen: Endpoint, version: str) -> bool:
        """Give a variant its minimum back; False if it was never kept or scales no more."""
        note = self.tags.read(seen.raw.arn).get(LEAST_TAG + version, "")
        before, _, release = note.partition(" ")
        if not release or not before.isdecimal():
            return False
        scaling = self.autoscaling.of(seen.name, [version]).get(version)
        if scaling is None:
            return False
        if scaling.least != int(before):
            self.autoscaling.put(seen.name, replace(scaling, least=int(before)))
        return True
