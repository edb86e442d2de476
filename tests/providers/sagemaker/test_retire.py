"""Taking variants away, forgetting configs, and shadows that trade places with variants."""

import pytest
from servers.sagemaker import Server

from canarycli.errors import Conflict, Unsupported
from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker

AN_HOUR = 3600


@pytest.fixture
def churn(server: Server) -> str:
    server.control("settings", {"update_seconds": AN_HOUR, "weights_seconds": 0})
    server.endpoint("churn", {"blue": {"weight": 3, "instances": 4}, "old": {"weight": 1}})
    server.control("model", {"name": "fraud-v42"})
    return "churn"


def deploy(sagemaker: SageMaker) -> str:
    return sagemaker.deploy(sagemaker.describe("churn"), "fraud-v42", "blue", {}, "r-7k2f")


def done(server: Server) -> None:
    server.control("settle", {"endpoint": "churn"})


def test_a_retired_variant_is_gone_and_the_others_are_as_before(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "weights": {"old": 0}, "counts": {"blue": 7}})
    before = sagemaker.describe(churn)

    sagemaker.retire(before, "old")
    done(server)

    after = sagemaker.describe(churn)
    assert [(v.name, v.instances) for v in after.versions] == [("blue", 7)]
    assert after.traffic.same_as(Traffic.all_to("blue"))


def test_a_variant_whose_traffic_is_on_its_way_is_not_retired(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    server.control("change", {"endpoint": churn, "weights": {"old": 0}})
    server.control("settings", {"weights_seconds": AN_HOUR})
    sagemaker.shift(sagemaker.describe(churn), Traffic.split("blue", "old", 50), {})

    with pytest.raises(Conflict):
        sagemaker.retire(sagemaker.describe(churn), "old")


def test_the_only_variant_is_not_retired(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("lone", {"blue": 0})

    with pytest.raises(Conflict):
        sagemaker.retire(sagemaker.describe("lone"), "blue")


def test_a_variant_that_is_gone_is_retired_already(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    sagemaker.retire(sagemaker.describe(churn), "never-was")

    assert server.operations() == ["DescribeEndpoint"]


def test_a_config_in_use_is_never_forgotten(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    deploy(sagemaker)

    assert not sagemaker.fleet.forget(churn, "churn-config")
    assert not sagemaker.fleet.forget(churn, "churn-r-7k2f")
    assert server.calls("DeleteEndpointConfig") == []


def test_only_configs_canary_made_are_forgotten(
    sagemaker: SageMaker, server: Server, churn: str
) -> None:
    deploy(sagemaker)
    done(server)
    assert not sagemaker.fleet.forget(churn, "churn-config")
    sagemaker.retire(sagemaker.describe(churn), "fraud-v42")
    done(server)

    assert sagemaker.fleet.forget(churn, "churn-r-7k2f")


def test_a_shadow_and_back_keeps_instances(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("churn", {"blue": {"weight": 1, "instances": 3}, "dark": {"weight": 0}})
    server.control("change", {"endpoint": "churn", "counts": {"blue": 5}})

    sagemaker.shift(sagemaker.describe("churn"), Traffic({"blue": 100}, {"dark": 20}), {})
    done(server)
    mirrored = sagemaker.describe("churn")
    sagemaker.shift(mirrored, Traffic.all_to("blue"), {})
    done(server)

    seen = sagemaker.describe("churn")
    assert mirrored.traffic.shadow == pytest.approx({"dark": 20})
    assert mirrored.traffic.same_as(Traffic({"blue": 100}, {"dark": 20}))
    assert seen.traffic.same_as(Traffic.all_to("blue"))
    assert [(v.name, v.instances) for v in seen.versions] == [("blue", 5), ("dark", 1)]


def test_a_shadow_beside_three_variants_is_refused(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("churn", {"blue": 1, "dark": 0, "old": 0})

    with pytest.raises(Unsupported, match="exactly one production variant"):
        sagemaker.shift(sagemaker.describe("churn"), Traffic({"blue": 100}, {"dark": 20}), {})
