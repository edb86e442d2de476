"""Servers for records, one of each kind a worker, and a fresh place on them for every test."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

import boto3
import psycopg
import pytest
from servers.records.gcs import GcsServer
from servers.records.installed import (
    ACCOUNT,
    KEY,
    azurite,
    postgres,
    run_azurite,
    run_postgres,
)
from servers.records.proxy import HTTP_WRITE, SQL_COMMIT, LossyProxy
from servers.records.s3 import run_s3

from canarycli.store.opening import open_at
from canarycli.testing.stores import Place

KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "us-east-1"}


@contextmanager
def variables(env: Mapping[str, str]) -> Iterator[None]:
    """These variables, as long as it lasts."""
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    with run_s3() as port:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
        )
        client.create_bucket(Bucket="records")
        yield port


@pytest.fixture(scope="session")
def gcs_port() -> Iterator[int]:
    with GcsServer() as server:
        yield server.port


@pytest.fixture(scope="session")
def azure_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if not azurite():
        pytest.skip("Azurite is not installed: npm install azurite, and CANARY_AZURITE names it")
    with run_azurite(tmp_path_factory.mktemp("azurite")) as port:
        from azure.storage.blob import ContainerClient

        url = f"http://127.0.0.1:{port}/{ACCOUNT}/records"
        with ContainerClient.from_container_url(url, credential=KEY) as container:
            container.create_container()
        yield port


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int]:
    if postgres() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with run_postgres() as port:
        yield port


def environment(kind: str, port: int) -> dict[str, str]:
    """What lets a store of that kind find its server."""
    match kind:
        case "s3":
            return {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        case "gs":
            return {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
        case "az":
            return {
                "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
                "AZURE_STORAGE_ACCOUNT_KEY": KEY,
                "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{ACCOUNT}",
            }
    return {}


@contextmanager
def a_place(kind: str, port: int) -> Iterator[Place]:
    """A fresh place on the server at that port."""
    env, url = environment(kind, port), f"{kind}://records/{uuid4().hex}"
    if kind == "postgresql":
        url = f"postgresql://canary@127.0.0.1:{port}/{_database(port)}"
    with variables(env):
        yield Place(lambda: open_at(url), url, env)


def _database(port: int) -> str:
    name = f"d{uuid4().hex}"
    url = f"postgresql://canary@127.0.0.1:{port}/postgres"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    return name


SERVERS = {"s3": "s3_port", "gs": "gcs_port", "az": "azure_port", "postgresql": "postgres_port"}


@pytest.fixture
def port(kind: str, request: pytest.FixtureRequest) -> int:
    """Of the server."""
    found: int = request.getfixturevalue(SERVERS[kind])
    return found


@pytest.fixture
def place(kind: str, port: int) -> Iterator[Place]:
    """A fresh place on the server."""
    with a_place(kind, port) as place:
        yield place


@pytest.fixture
def lossy(kind: str, port: int) -> Iterator[LossyProxy]:
    """A network in front of the server."""
    writes = SQL_COMMIT if kind == "postgresql" else HTTP_WRITE
    with LossyProxy(port, writes) as proxy:
        yield proxy
