"""No secret gets through, whatever it is wrapped in; what is none stays as it is."""

import json
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from canarycli.masking import MASK, is_secret, mask

S = "MARKERsecretMARKERsecret"

SHAPES = [
    f"https://x/y?sv=1&sig={S}",
    f"sv=1&sig={S}",
    f"https://x?api-version=1&t=6&c={S}&s={S}&h={S}",
    f"http://user:p@{S}@proxy:3128",
    f"http://user:p/{S}@proxy:3128",
    f"http://{S}@proxy:3128",
    f"https://discord.com/api/webhooks/1/{S}",
    f"https://x.webhook.office.com/webhookb2/{S}/IncomingWebhook/{S}",
    f"https://hooks.slack.com/services/T0/B0/{S}",
    f"Authorization: Basic {S}",
    f"Authorization: Bearer {S}",
    f"'Authorization': b'Basic {S}'",
    f"'X-Amz-Security-Token': b'{S}'",
    f"<SecretAccessKey>{S}</SecretAccessKey>",
    f"<SessionToken>{S}</SessionToken>",
    f"ya29.{S}",
    f"ghp_{S}1234567890",
    f"client_assertion={S}",
    f"password={S}",
    f"password=ab&{S}",
    f'password: "my {S}"',
    f'{{\\"secretAccessKey\\":\\"{S}\\"}}',
    f'{{"token": "{S}"}}',
    f"-----BEGIN PRIVATE KEY-----\n{S}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
    f"see https://s3.example/x?X-Amz-Signature={S}, and so on",
    f"api_key={S}",
    f"AccountKey={S};EndpointSuffix=core",
    f"github_pat_{S}",
    f"glpat-1{S}",
    f"hf_{S}1234567890",
    f"npm_{S}123456789012",
    f"sk-proj-1{S}",
    f"abc8Q~{S}12345678",
]


@pytest.mark.parametrize("text", SHAPES)
def test_no_secret_gets_through(text: str) -> None:
    assert S not in mask(text, {})
    assert MASK in mask(text, {})


def test_a_short_password_is_one_too() -> None:
    assert mask("password=hunt2", {}) == "password=***"


@pytest.mark.parametrize(
    "name",
    ["DB_PASS", "AZURE_DEVOPS_EXT_PAT", "STORAGE_SAS", "STORAGE_ACCOUNT_KEY", "REGISTRY_AUTH"],
)
def test_the_values_of_secret_variables_are_taken_out(name: str) -> None:
    assert mask(f"it said {S} twice: {S}", {name: S}) == "it said *** twice: ***"


VALUE = 'MARKER/sec"ret'


def test_a_token_of_databricks_is_known_by_its_shape() -> None:
    assert mask(f"with dapi{'0123456789abcdef' * 2} in it", {}) == "with *** in it"


FORMS = {
    "plain": VALUE,
    "url": quote(VALUE, safe=""),
    "url in small letters": quote(VALUE, safe="").replace("%2F", "%2f"),
    "url twice": quote(quote(VALUE, safe=""), safe=""),
    "a form": quote_plus(f"{VALUE} x").partition("+")[0],
    "json": json.dumps(VALUE)[1:-1],
    "json with slashes": json.dumps(VALUE)[1:-1].replace("/", "\\/"),
    "html": escape(VALUE),
    "html by number": escape(VALUE).replace("&quot;", "&#34;"),
    "hex": VALUE.encode().hex(),
    "base64": b64encode(VALUE.encode()).decode().rstrip("="),
    "base64 for urls": urlsafe_b64encode(VALUE.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_variable_is_found_as_it_looks_elsewhere(form: str) -> None:
    said = mask(f"x {form} y", {"DB_PASS": VALUE})

    assert form[1:-1] not in said
    assert MASK in said


@pytest.mark.parametrize("user", ["a", "ab", "abc", "somebody"])
def test_a_variable_is_found_behind_a_users_name_in_base64(user: str) -> None:
    basic = b64encode(f"{user}:{VALUE}".encode()).decode()

    said = mask(f"sent {basic} to it", {"DB_PASS": VALUE})

    left = said.removeprefix("sent ").removesuffix(" to it").replace(MASK, "")
    assert MASK in said
    assert len(basic.rstrip("=")) - len(left) >= len(VALUE) * 8 // 6 - 2


@pytest.mark.parametrize(
    ("text", "env"),
    [
        ("monkey: bananas12", {}),
        ("sk-learn-fraud-scorer-v42, hf_transformers_model, npm_build", {}),
        ("failed in us-east-1", {"TOKEN_REGION": "us-east-1"}),
        ("the key metric is errors_5xx", {}),
        ("stage 1/4 at 5%: 5 of 5 checks, key: value", {}),
        ("https://cloud.example/projects/p/endpoints/1?alt=json", {}),
    ],
)
def test_what_is_no_secret_stays(text: str, env: dict[str, str]) -> None:
    assert mask(text, env) == text


@pytest.mark.parametrize("word", ["a", "key", "token", "A1-", "x."])
def test_a_long_word_is_read_once_and_not_again_from_each_letter(word: str) -> None:
    text = word * 200_000  # hours, if the time grew with the square of the length

    assert mask(text, {}) == text


@pytest.mark.parametrize("name", ["admin_token", "apiKey", "X-Amz-Security-Token", "hook_key"])
def test_names_tell(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["admin_url", "region", "monkey", "TOKEN_REGION", "key", ""])
def test_other_names_do_not(name: str) -> None:
    assert not is_secret(name)
