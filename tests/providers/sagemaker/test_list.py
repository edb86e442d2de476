"""Which endpoints there are, page by page."""

from servers.sagemaker import Server

from canarycli.preview import Listed
from canarycli_sagemaker import SageMaker

VARIANTS = {"v41": {"weight": 1, "model": "m41", "instances": 1, "type": "ml.m5.xlarge"}}


def test_a_list_of_several_pages_is_read_to_its_end(server: Server, sagemaker: SageMaker) -> None:
    names = [f"churn-{number:03}" for number in range(101)]
    for name in reversed(names):
        server.endpoint(name, VARIANTS)

    assert list(sagemaker.endpoints()) == [Listed(name, name) for name in names]


def test_a_region_without_endpoints_has_an_empty_list(server: Server, sagemaker: SageMaker) -> None:
    assert server.url
    assert list(sagemaker.endpoints()) == []
