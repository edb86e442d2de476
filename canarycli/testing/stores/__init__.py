"""What every store must pass, as pytest classes to inherit from.

    from canarycli.testing.stores import RaceKit, StoreKit

    class TestMine(StoreKit, RaceKit):
        @pytest.fixture
        def place(self, tmp_path: Path) -> Place:
            return Place(lambda: MyStore(tmp_path), location=str(tmp_path))

A `Place` is fresh for every test; it opens a store there, as often as a test asks, as another
machine would. With a `location` that `canarycli.store.opening` understands the races run in
processes that are killed; without one they run in threads. `LostAnswerKit` is for stores behind a
network, whose writes may take effect though nobody hears of it.
"""

from canarycli.testing.stores.contract import StoreKit
from canarycli.testing.stores.lost import Lossy, LostAnswerKit
from canarycli.testing.stores.place import NOW, Place, a_release
from canarycli.testing.stores.race import RaceKit

__all__ = ["NOW", "Lossy", "LostAnswerKit", "Place", "RaceKit", "StoreKit", "a_release"]
