"""The store on this machine and the one in memory keep the same promises."""

from pathlib import Path

import pytest

from canarycli.store import LocalStore
from canarycli.store.memory import MemoryStore
from canarycli.testing.stores import Place, RaceKit, StoreKit


class TestMemory(StoreKit, RaceKit):
    @pytest.fixture
    def place(self) -> Place:
        store = MemoryStore()
        return Place(lambda: store)


class TestLocal(StoreKit, RaceKit):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        folder = tmp_path / "state"
        return Place(lambda: LocalStore(folder), str(folder))
