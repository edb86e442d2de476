"""The stores that many machines share keep the promises of the one in a file."""

from collections.abc import Iterator

import pytest
from servers.records.proxy import LossyProxy
from stores.conftest import a_place

from canarycli.testing.stores import LostAnswerKit, Place, RaceKit, StoreKit


class OnS3:
    @pytest.fixture
    def kind(self) -> str:
        return "s3"


class OnGcs:
    @pytest.fixture
    def kind(self) -> str:
        return "gs"


class OnAzure:
    @pytest.fixture
    def kind(self) -> str:
        return "az"


class OnPostgres:
    @pytest.fixture
    def kind(self) -> str:
        return "postgresql"


class Lost(LostAnswerKit):
    @pytest.fixture
    def place(self, kind: str, lossy: LossyProxy) -> Iterator[Place]:
        with a_place(kind, lossy.port) as through:
            yield through


class TestS3(OnS3, StoreKit):
    pass


@pytest.mark.slow
class TestRacesOnS3(OnS3, RaceKit):
    updates = 200


class TestGcs(OnGcs, StoreKit):
    pass


@pytest.mark.slow
class TestRacesOnGcs(OnGcs, RaceKit):
    pass


@pytest.mark.slow
class TestAzure(OnAzure, StoreKit):
    pass


@pytest.mark.slow
class TestRacesOnAzure(OnAzure, RaceKit):
    updates = 200


@pytest.mark.slow
class TestPostgres(OnPostgres, StoreKit):
    pass


@pytest.mark.slow
class TestRacesOnPostgres(OnPostgres, RaceKit):
    pass


class TestS3LosesAnswers(OnS3, Lost):
    pass


class TestGcsLosesAnswers(OnGcs, Lost):
    pass


@pytest.mark.slow
class TestAzureLosesAnswers(OnAzure, Lost):
    pass


@pytest.mark.slow
class TestPostgresLosesAnswers(OnPostgres, Lost):
    pass
