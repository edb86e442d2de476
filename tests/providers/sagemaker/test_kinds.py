"""Kinds of endpoints that are released like any other."""

from servers.sagemaker import Server

from canarycli.traffic import Traffic
from canarycli_sagemaker import SageMaker


def test_many_models_move_by_variant(sagemaker: SageMaker, server: Server) -> None:
    server.endpoint("many", {"v1": 1, "v2": 0})
    container = {"Image": "image", "Mode": "MultiModel", "ModelDataUrl": "s3://models/all/"}
    server.control("model", {"name": "model-v1", "PrimaryContainer": container})

    sagemaker.shift(sagemaker.details("many"), Traffic.split("v1", "v2", 10), {})

    seen = sagemaker.describe("many")
    assert not seen.indivisible
    assert not seen.unfit
    asked = server.calls("UpdateEndpointWeightsAndCapacities")[0]["params"]
    assert {one["VariantName"] for one in asked["DesiredWeightsAndCapacities"]} == {"v1", "v2"}
