"""An endpoint in plain lines: what each version is there for."""

from unit.stories import NOON

from canarycli.cli.display.status import status_lines
from canarycli.engine.status import endpoint_status
from canarycli.provider import Endpoint, Version
from canarycli.traffic import Traffic


def test_a_version_that_gets_a_copy_is_called_a_shadow() -> None:
    versions = (Version("v41", in_service=True), Version("v42", in_service=True))
    seen = Endpoint("churn", versions, Traffic({"v41": 100.0}, {"v42": 20.0}), settled=True)

    status = endpoint_status(seen, {}, "sagemaker", "us-east-1")
    lines = [line.strip() for line in status_lines(status, NOON)]

    assert "v41  100%  in service" in lines
    assert "v42  shadow 20%  in service" in lines
    assert [version["shadow"] for version in status["versions"]] == [0.0, 20.0]
