"""Where a cloud's own pages show an endpoint: a verb that a provider's class may have."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Linking(Protocol):
    """A provider class whose cloud has pages for an endpoint."""

    @staticmethod
    def links(endpoint: str, place: str, settings: Mapping[str, Any], /) -> Mapping[str, str]:
        """`https` addresses by what they show, such as `console` and `logs`; makes no call.

        Args:
            endpoint: what the cloud knows it by.
            place: as `Provider.place` has it.
            settings: what the provider was made with, as far as it is recorded.
        """
        ...
