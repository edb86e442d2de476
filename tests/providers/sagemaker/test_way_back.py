"""What SageMaker's provider takes for a way back: it is never refused."""

from canarycli.traffic import Traffic
from canarycli_sagemaker.traffic import raising

NOW = Traffic({"v1": 0.0, "v2": 100.0})


def test_everything_to_one_version_is_no_raise_whoever_is_noted_as_candidate_by_now() -> None:
    assert not raising(NOW, Traffic.all_to("v1"), "v1", told=False)


def test_a_share_that_is_more_by_now_is_one_though_it_was_told_to_be_none() -> None:
    assert raising(NOW, Traffic({"v1": 10.0, "v2": 90.0}), "v1", told=False)
