"""What a provider declares of its settings is checked, offered, filled in, and kept or not."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from cli.blackbox import Canary
from providers.test_example_provider import PLAN, installed
from servers.gateway import TOKEN, GatewayState, gateway

from canarycli import registry
from canarycli.cli.completion.words import FINDERS
from canarycli.config import config_schema, endpoint_settings, lint, load
from canarycli.declared import Key, Kind
from canarycli.engine.retries import LIMIT
from canarycli.errors import Unsupported, UsageError
from canarycli.operations.accounts import Accounts
from canarycli.operations.address import Address
from canarycli.operations.policy import least_policy
from canarycli.operations.target import Finder, Target
from canarycli.operations.workspace import work_on
from canarycli.registry import own_keys, plug_ins
from canarycli.store.memory import MemoryStore

FILE = """\
version: 1
defaults: {admin_url: "http://127.0.0.1:1"}
endpoints:
  churn: {provider: gateway, plan: quick, token_env: OTHER_TOKEN}
plans:
  quick:
    stages: [{percent: 5, bake: 1s}, {percent: 100}]
    checks:
      - {metric: {name: gone, gateway: {status: 410}}, never_above: 1%}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a person who has the example installed."""
    registry._foreign_class.cache_clear()
    monkeypatch.syspath_prepend(installed(tmp_path))
    yield tmp_path
    sys.modules.pop("gateway_provider", None)
    registry._foreign_class.cache_clear()


def problems(folder: Path, old: str = "", new: str = "") -> list[str]:
    assert old in FILE
    file = folder / "canary.yaml"
    file.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    return [str(problem) for problem in lint(file)]


def test_what_it_declares_is_fine_in_lint_schema_and_defaults(here: Path) -> None:
    import yaml

    assert problems(here) == []
    file = here / "canary.yaml"
    assert load(file, cwd=here, env={}).endpoints == endpoint_settings(file, cwd=here, env={})
    assert load(file, cwd=here, env={}).endpoints["churn"].settings == {
        "admin_url": "http://127.0.0.1:1",
        "token_env": "OTHER_TOKEN",
    }
    [check] = load(file, cwd=here, env={}).plans["quick"].checks
    assert check.metric.source == {"gateway": {"status": 410}}
    jsonschema.Draft7Validator(config_schema()).validate(yaml.safe_load(FILE))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("token_env:", "tokem_env:", "unknown key tokem_env"),
        ("token_env: OTHER_TOKEN", "admin_urll: x", "did you mean admin_url?"),
        ("token_env: OTHER_TOKEN", "metric_perod: 5s", "did you mean metric_period?"),
        ("token_env: OTHER_TOKEN", "token: hunter2", "set the variable GATEWAY_TOKEN"),
        ("token_env: OTHER_TOKEN", "admin_url: [x]", "a list where one word is expected"),
        ("provider: gateway", "provider: gatewai", "did you mean gateway?"),
        ('{admin_url: "http://127.0.0.1:1"}', "{admin_urll: x}", "did you mean admin_url?"),
        ('{admin_url: "http://127.0.0.1:1"}', "{token: x}", "set the variable GATEWAY_TOKEN"),
        ("gateway: {status: 410}", "gatewai: {status: 410}", "did you mean gateway?"),
        ("gateway: {status: 410}", "gateway: {stat: 410}", "did you mean status?"),
        ("gateway: {status: 410}", "gateway: 410", "a mapping is expected"),
        ("metric: {name: gone, gateway: {status: 410}}, never_above: 1%", "alarm: {gateway: x}",
         "no installed provider has alarms in gateway"),
    ],
)  # fmt: skip
def test_lint_names_the_place_and_the_nearest_word(
    here: Path, old: str, new: str, said: str
) -> None:
    found = problems(here, old, new)

    assert [said in problem for problem in found].count(True) == 1, found
    assert all("canary.yaml:" in problem for problem in found)
    assert "hunter2" not in str(found)


def test_the_schema_refuses_a_secret_in_the_file(here: Path) -> None:
    del here
    entry = {"provider": "gateway", "token": "hunter2"}
    validator = jsonschema.Draft7Validator(config_schema())

    assert not validator.is_valid({"version": 1, "endpoints": {"churn": entry}})
    assert validator.is_valid({"version": 1, "endpoints": {"churn": {"provider": "gateway"}}})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"admin_urll": "x"}, "did you mean admin_url"),
        ({"region": "us-east-1"}, "gateway has no setting 'region'"),
        ({"token": "hunter2"}, "token is a secret"),
    ],
)
def test_the_command_line_says_only_what_it_has(
    here: Path, said: dict[str, str], message: str
) -> None:
    del here
    finder = Finder(Address("churn", None, "gateway", None, said), MemoryStore(), {})

    with pytest.raises(UsageError, match=message) as caught:
        finder.named("churn")

    assert "hunter2" not in caught.value.message


OTHERS = {"sagemaker": "project", "vertex": "profile", "azureml": "region", "simulator": "region"}


@pytest.mark.parametrize(("provider", "name"), OTHERS.items())
def test_no_cloud_takes_an_option_that_is_anothers(provider: str, name: str) -> None:
    finder = Finder(Address("churn", None, provider, None, {name: "x"}), MemoryStore(), {})

    with pytest.raises(UsageError, match=f"{provider} has no setting {name!r}"):
        finder.named("churn")


def test_our_own_take_what_they_have_by_set_too() -> None:
    def target(**said: str) -> dict[str, object]:
        address = Address("churn", None, "vertex", None, said)
        return dict(Finder(address, MemoryStore(), {}).named("churn").settings)

    assert target(impersonate="me@p.iam") == {"impersonate": "me@p.iam"}
    with pytest.raises(UsageError, match="did you mean impersonate"):
        target(impersonat="x")


def test_completion_offers_it_and_a_fault_file_names_it(here: Path) -> None:
    env = {"CANARY_STATE": str(here / "state")}
    assert ("gateway", "") in FINDERS["providers"]("", env)
    offered = dict(FINDERS["settings"]("", env))
    assert offered["admin_url="] == "where its admin API is"
    assert {"cloud=", "failures=", "impersonate="} <= offered.keys()  # of our own clouds
    assert not {"token=", "region=", "workspace="} & offered.keys()  # never, or by their options
    assert plug_ins() == ("canary-gateway",)


def test_what_can_not_be_imported_declares_nothing(here: Path) -> None:
    (here / "site" / "gateway_provider.py").write_text("import no_such_module\n", encoding="utf-8")

    assert own_keys("gateway") is None
    assert problems(here, "gateway: {status: 410}", "cloudwatch: {namespace: a, name: b}")


def test_its_least_policy_is_its_own_or_said_to_be_none(here: Path) -> None:
    def policy() -> object:
        return least_policy(Address(endpoint="churn"), "gateway", {}, deploys=None).document

    with pytest.raises(Unsupported, match="gateway has no permissions to write down"):
        policy()

    module = here / "site" / "gateway_provider.py"
    with module.open("a", encoding="utf-8") as file:
        file.write("\nGateway.least_policy = lambda settings, endpoint, needs: {'may': endpoint}\n")
    sys.modules.pop("gateway_provider")
    registry._foreign_class.cache_clear()
    assert policy() == {"may": "churn"}


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (Kind.TEXT, 5, "5"),
        (Kind.NUMBER, "2.5", 2.5),
        (Kind.FLAG, "True", True),
        (Kind.ANY, [1], [1]),
    ],
)
def test_a_value_is_read_by_its_kind(kind: Kind, written: object, read: object) -> None:
    assert Key(kind).read(written) == read


@pytest.mark.parametrize(
    ("kind", "written"),
    [(Kind.TEXT, [1]), (Kind.NUMBER, "x"), (Kind.FLAG, "maybe"), (Kind.DURATION, 5)],
)
def test_a_value_of_another_kind_is_a_sentence(kind: Kind, written: object) -> None:
    with pytest.raises(ValueError, match=r"expected|unit"):
        Key(kind).read(written)


def test_a_secret_needs_its_variable() -> None:
    with pytest.raises(ValueError, match="variable"):
        Key(secret=True)


@pytest.fixture
def behind() -> Iterator[GatewayState]:
    with gateway() as found:
        yield found


def someone(tmp_path: Path) -> Canary:
    (tmp_path / "ann").mkdir()
    canary = Canary(tmp_path / "ann")
    canary.env |= {"PYTHONPATH": str(installed(tmp_path)), "GATEWAY_TOKEN": TOKEN}
    return canary


def test_a_rollback_at_night_needs_only_words(tmp_path: Path, behind: GatewayState) -> None:
    behind.write({"blue": 90.0, "teal": 10.0}, {"canary-baseline": "blue"})
    canary = someone(tmp_path)

    said = ("--provider", "gateway", "--set", f"admin_url={behind.url}", "-e", "churn")
    result = canary.run("rollback", "-y", *said)

    assert result.code == 0, result.out + result.err
    assert behind.weights == {"blue": 100.0, "teal": 0.0}


def test_a_secret_is_in_no_record_and_on_no_screen(tmp_path: Path, behind: GatewayState) -> None:
    canary = someone(tmp_path)
    now = int(datetime.now(UTC).timestamp()) // 60 * 60
    behind.drive(now - 300, 5)
    canary.write(PLAN.replace("provider: gateway", f"provider: gateway, admin_url: '{behind.url}'"))

    started = canary.run("start", "-m", "teal", "--yes")
    doctor = canary.run("doctor", "churn", "-o", "json")
    exported = canary.run("report", "--format", "json")
    kept = b"".join(p.read_bytes() for p in (canary.folder / "home").rglob("*") if p.is_file())

    assert started.code == 0, started.out + started.err
    assert TOKEN.encode() not in kept
    assert TOKEN not in started.out + started.err + doctor.out + doctor.err + exported.out
    assert "***, from GATEWAY_TOKEN" in doctor.out
    assert json.loads(exported.out)


def test_only_what_others_wrote_is_given_a_time_limit_whoever_drives(here: Path) -> None:
    del here
    one = Target("churn", "gateway", {"admin_url": "http://127.0.0.1:1"})
    ours = Target("demo", "simulator", {"state": ":memory:"})
    accounts = Accounts({})

    for target, limit in ((one, LIMIT), (ours, None)):
        assert work_on(target, MemoryStore(), {}).provider.limit == limit
        assert accounts.of(target).patient.limit == limit


def test_a_plan_says_what_preflight_says_and_asks_for_nothing_that_is_refused(
    tmp_path: Path, behind: GatewayState
) -> None:
    canary = someone(tmp_path)
    elsewhere = "{metric: {name: gone, cloudwatch: {namespace: A, name: B}}, never_above: 1%}"
    placed = f"provider: gateway, admin_url: '{behind.url}'"
    plan = PLAN.replace("provider: gateway", placed).replace("checks: []", f"checks: [{elsewhere}]")
    canary.write(plan)

    planned = canary.run("plan", "-m", "teal")
    started = canary.run("start", "-m", "teal", "--yes")

    for ran in (planned, started):
        assert ran.code == 2, ran.out + ran.err
        assert "can't read a metric from 'cloudwatch'" in ran.out + ran.err
        assert "needs a status" not in ran.out + ran.err  # what the gateway would say
    assert behind.splits == []
