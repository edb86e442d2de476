"""Each source of ours passes the kit that anybody's has to pass."""

from collections.abc import Iterator

import pytest
from providers.sources.worlds import TOKEN, CountersWorld, RowsWorld
from servers.sources import Store, serving

from canarycli.testing.kit import SourceKit, SourceWorld


@pytest.fixture
def store() -> Iterator[Store]:
    with serving(Store(TOKEN)) as served:
        yield served


class TestHttp(SourceKit):
    @pytest.fixture
    def world(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> SourceWorld:
        return RowsWorld(store, monkeypatch)


class TestPrometheus(SourceKit):
    @pytest.fixture
    def world(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> SourceWorld:
        return CountersWorld(store, monkeypatch)
