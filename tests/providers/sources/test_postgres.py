"""A real PostgreSQL: the kit, and what a query may not do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from providers.sources.documented import documented
from servers.records.installed import postgres, run_postgres

from canarycli.errors import Denied, Rejected, Unavailable, Unsupported, UsageError
from canarycli.labels import Label
from canarycli.metrics import Counts, Metric, Origin, Value
from canarycli.source import Sliced, Source
from canarycli.testing.kit import SourceKit, SourceTrouble, SourceWorld
from canarycli.testing.kit.sources import ARMS, LAID, MINUTE, START, WHOLE, Laid, asked
from canarycli_sources.postgres import Postgres, marked

VARIABLE, SECRET = "CANARY_TEST_DSN", "s3cr3t-pw"
QUERY = """\
SELECT date_trunc('minute', said_at) AS at, version AS arm, sum(n) AS n, sum(bad) AS bad
FROM {table}
WHERE said_at >= :start AND said_at < :end AND version = ANY(:arms)
GROUP BY 1, 2
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if postgres() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with run_postgres() as running:
        yield running


class TablesWorld(SourceWorld):
    """A database of its own, with a role that may read one table."""

    secret, variable = SECRET, VARIABLE

    def __init__(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        name = self.name = f"t{uuid4().hex}"
        self.monkeypatch, self.role = monkeypatch, f"reader_{name}"
        self.root = root = f"postgresql://canary@127.0.0.1:{port}"
        with psycopg.connect(f"{root}/postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        self.admin = psycopg.connect(f"{root}/{name}", autocommit=True)
        self.run("CREATE TABLE said (said_at timestamptz, version text, n bigint, bad bigint)")
        self.run(f"CREATE ROLE {self.role} LOGIN")
        self.run(f"GRANT SELECT, INSERT ON said TO {self.role}")
        dsn = f"postgresql://{self.role}:{SECRET}@127.0.0.1:{port}/{name}"
        monkeypatch.setenv(VARIABLE, dsn)
        self.settings: Mapping[str, Any] = {"dsn_env": VARIABLE, "period": timedelta(minutes=1)}
        self.source: Source = Postgres(self.settings, timeout=2)
        self.metric = self.asking(QUERY.format(table="said"))

    def run(self, statement: str) -> None:
        self.admin.execute(statement)

    def asking(self, query: str, **more: Any) -> Metric:
        origin = Origin("shop", "postgres", self.settings)
        return Metric("declined", source={"query": query, **more}, origin=origin)

    def lay(self, laid: Laid) -> None:
        rows = [(START + minute * MINUTE, arm, n, bad) for arm, minute, n, bad in laid]
        with self.admin.cursor() as cursor:
            cursor.executemany("INSERT INTO said VALUES (%s, %s, %s, %s)", rows)

    @contextmanager
    def trouble(self, kind: SourceTrouble) -> Iterator[None]:
        match kind:
            case SourceTrouble.DENIED:
                self.run(f"REVOKE SELECT ON said FROM {self.role}")
                yield
            case SourceTrouble.DOWN:
                closed = f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false"
                with psycopg.connect(f"{self.root}/postgres", autocommit=True) as admin:
                    admin.execute(closed)
                yield
            case SourceTrouble.CUT:
                with self.admin.transaction():
                    self.run("LOCK TABLE said IN ACCESS EXCLUSIVE MODE")
                    yield
            case SourceTrouble.STRANGE:
                self.run("ALTER TABLE said RENAME COLUMN n TO answers")
                yield

    def without_variable(self) -> Source:
        self.monkeypatch.delenv(VARIABLE)
        return Postgres(self.settings)


@pytest.fixture
def world(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[TablesWorld]:
    made = TablesWorld(port, monkeypatch)
    yield made
    made.admin.close()


class TestPostgres(SourceKit):
    pass


def measured(world: TablesWorld, query: str, **more: Any) -> Any:
    metric = world.asking(query, **more)
    return world.source.measure(ARMS, [metric], WHOLE).of("v42", metric).points


def test_the_example_of_the_docs_runs(world: TablesWorld, tmp_path: Path) -> None:
    metric = documented(tmp_path, "postgres")
    world.run("CREATE TABLE offers (asked_at timestamptz, bought_at timestamptz, version text)")
    world.run(f"GRANT SELECT ON offers TO {world.role}")
    seen = [(START + n * MINUTE / 4, START + MINUTE if n % 2 else None, "v42") for n in range(8)]
    with world.admin.cursor() as cursor:
        cursor.executemany("INSERT INTO offers VALUES (%s, %s, %s)", seen)

    found = world.source.measure(ARMS, [metric], WHOLE)

    assert found.of("v42", metric).points == (Counts(START, 4, 2), Counts(START + MINUTE, 4, 2))


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO said VALUES (now(), 'x', 1, 1) RETURNING said_at AS at",
        "DELETE FROM said",
        "  -- SELECT\n UPDATE said SET n = 1",
    ],
)
def test_what_is_no_select_is_refused_before_it_is_sent(world: TablesWorld, query: str) -> None:
    with pytest.raises(Unsupported, match="no SELECT"):
        measured(world, query)


@pytest.mark.parametrize(
    "query",
    [
        "WITH w AS (INSERT INTO said VALUES (now(), 'x', 1, 1) RETURNING *) SELECT * FROM w",
        "SELECT 1; INSERT INTO said VALUES (now(), 'x', 1, 1)",
        "SELECT set_config('transaction_read_only', 'off', false)",
    ],
)
def test_a_select_that_writes_is_refused_by_the_database(world: TablesWorld, query: str) -> None:
    with pytest.raises(Rejected):
        measured(world, query)
    assert world.admin.execute("SELECT count(*) FROM said").fetchone() == (0,)


def test_a_name_can_not_leave_its_quotes(world: TablesWorld) -> None:
    world.lay(LAID)
    odd = world.asking(QUERY.format(table="said"), named="'; DROP TABLE said; --{arm}")

    found = world.source.measure(ARMS, [odd], WHOLE)

    assert found.of("v42", odd).points == ()
    assert world.admin.execute("SELECT count(*) FROM said").fetchone() == (len(LAID),)


def test_a_mean_has_its_requests(world: TablesWorld) -> None:
    world.lay([("v42", 0, 4, 10), ("v42", 1, 0, 0)])
    query = QUERY.format(table="said").replace("sum(bad) AS bad", "sum(bad) AS sum")

    assert measured(world, query, mean=True) == (Value(START, 2.5, 4),)


@pytest.mark.parametrize(
    ("query", "error", "why"),
    [
        ("SELECT nothing FROM said", Rejected, "refuses the query"),
        ("SELECT 'x'::text::int", Rejected, "a value that it can't read"),
        ("SELECT pg_sleep(30)", Unavailable, "takes too long"),
        ("SELECT * FROM pg_authid", Denied, "does not let this role"),
        ("SELECT now()::timestamp AS at, 'v42' AS arm, 1 AS n, 0 AS bad", Rejected, "no zone"),
    ],
)
def test_what_goes_wrong_is_said_without_a_value(
    world: TablesWorld, query: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        measured(world, query)


def test_two_metrics_of_one_query_are_one_question(world: TablesWorld) -> None:
    world.lay(LAID)
    mean = Metric("mean", source={**world.metric.source, "mean": True, "sum": "bad"})

    found = world.source.measure(ARMS, [world.metric, mean], WHOLE)

    assert len(found.of("v41", world.metric).points) == 4
    assert found.of("v41", mean).points[0] == Value(START, 12 / 600, 600)
    assert len(asked(world).of("v41", world.metric).points) == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a >= :start AND a < :end", "a >= %(start)s AND a < %(end)s"),
        ("':start' || x::text", "':start' || x::text"),
        ("x = 'it''s :end' -- :arms", "x = 'it''s :end' -- :arms"),
        ("$$ :start $$ /* :end */ :started", "$$ :start $$ /* :end */ :started"),
        ("x LIKE '5%' OR y % 2 = 0", "x LIKE '5%%' OR y %% 2 = 0"),
    ],
)
def test_only_its_own_words_are_bound(query: str, expected: str) -> None:
    assert marked(query) == expected


TRUTH = "SELECT id AS key, paid AS label, known_at AS at FROM truth WHERE id::text = ANY(:keys)"


def test_labels_are_asked_by_key_and_are_text_of_any_type(world: TablesWorld) -> None:
    world.run("CREATE TABLE truth (id bigint, paid boolean, known_at timestamptz)")
    world.run(f"GRANT SELECT ON truth TO {world.role}")
    world.run("INSERT INTO truth VALUES (1, true, '2026-11-24 12:00+00'), (2, false, NULL)")
    world.run("INSERT INTO truth VALUES (3, true, NULL), (4, NULL, NULL)")
    source = Postgres(world.settings)

    found = list(source.labels({"query": TRUTH}, ["1", "2", "4"], WHOLE))

    known = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert found == [Label("1", "true", known), Label("2", "false")]
    with pytest.raises(Rejected, match="no column 'label'"):
        list(source.labels({"query": TRUTH.replace("AS label", "AS truth")}, ["1"], WHOLE))


def test_nothing_says_where_the_database_is() -> None:
    with pytest.raises(UsageError, match="dsn_env or service_env"):
        Postgres({})


def test_a_query_is_told_apart_by_one_of_its_columns(world: TablesWorld) -> None:
    world.run("ALTER TABLE said ADD COLUMN country text DEFAULT 'DE'")
    world.lay([("v41", 0, 100, 3), ("v42", 0, 100, 3)])
    world.run(f"INSERT INTO said VALUES ('{START}', 'v42', 50, 20, 'FR')")
    query = QUERY.format(table="said").replace("AS arm,", "AS arm, country,") + ", 3"
    every = replace(world.asking(query), by="country")
    french = replace(every, value="FR", among=("DE", "FR"))

    found = world.source.measure(ARMS, [french], WHOLE)

    assert found.of("v42", french).points == (Counts(START, 50, 20),)
    assert found.of("v41", french).points == ()
    assert isinstance(world.source, Sliced)
    assert world.source.values(ARMS, every, WHOLE) == {"DE": 200, "FR": 50}
