"""What the doctor says of the way out of this machine."""

import socket
from pathlib import Path

from canarycli.operations.network import network


def test_without_a_word_in_the_environment_there_is_nothing_to_say() -> None:
    assert list(network({})) == []


def test_a_proxy_that_answers_is_named_without_who_signs_in_at_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        env = {"HTTPS_PROXY": f"http://ann:hunter2@127.0.0.1:{port}", "NO_PROXY": "10.0.0.1"}

        (probe,) = network(env)

    assert probe.ok
    assert probe.detail == f"127.0.0.1:{port}, from HTTPS_PROXY, but not for 10.0.0.1"


def test_a_dead_proxy_is_in_the_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    (probe,) = network({"https_proxy": f"127.0.0.1:{port}"})

    assert probe.ok is False
    assert f"nothing takes connections at 127.0.0.1:{port}" in probe.detail
    assert probe.hints == ("unset https_proxy, or name the cloud's hosts in NO_PROXY",)


def test_an_address_that_is_none_is_told() -> None:
    (probe,) = network({"HTTPS_PROXY": "http://127.0.0.1:port"})

    assert probe.ok is False
    assert probe.detail == "HTTPS_PROXY is no address"


def test_certificates_that_are_not_there_are_in_the_way(tmp_path: Path) -> None:
    bundle = tmp_path / "corporate.pem"
    bundle.write_text("")

    there, gone = network(
        {"REQUESTS_CA_BUNDLE": str(bundle), "AWS_CA_BUNDLE": str(tmp_path / "gone.pem")}
    )

    assert there.ok
    assert gone.ok is False
    assert "AWS_CA_BUNDLE" in gone.detail


def test_a_proxy_that_no_client_can_use_is_in_the_way() -> None:
    (probe,) = network({"ALL_PROXY": "socks5h://127.0.0.1:1080"})

    assert probe.ok is False
    assert probe.detail == "ALL_PROXY is a SOCKS proxy, which the clouds' clients can't use"


def test_exceptions_that_except_nothing_are_named() -> None:
    excepted = "localhost, .corp.example,*.googleapis.com,https://a.example:443/x,10.0.0.0/8,*"
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        (probe,) = network({"HTTPS_PROXY": url, "NO_PROXY": excepted})

    assert probe.ok
    assert probe.hints == (
        "NO_PROXY: '*.googleapis.com' excepts nothing; write '.googleapis.com'",
        "NO_PROXY: 'https://a.example:443/x' excepts nothing; write 'a.example'",
    )


def test_certificates_that_several_variables_name_are_told_once(tmp_path: Path) -> None:
    bundle = str(tmp_path / "corporate.pem")
    (tmp_path / "corporate.pem").write_text("")

    (probe,) = network({"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle})

    assert probe.detail == f"those in {bundle}, from REQUESTS_CA_BUNDLE, SSL_CERT_FILE"
