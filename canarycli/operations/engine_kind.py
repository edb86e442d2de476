"""What a release can be left to, as options and canary.yaml name it."""

from enum import StrEnum


class EngineKind(StrEnum):
    """Who calls for the looks at a release: this process, or Temporal's workers."""

    EMBEDDED = "embedded"
    TEMPORAL = "temporal"
