"""The request that gets a token, for the identities that need one request and no SDK.

It is the one that azure-identity sends first for the same environment; for any other credential
there is none here, and azure-identity is asked.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from canarycli.late_methods import dataclass
from canarycli_azureml.clouds import Cloud

OTHERS = frozenset({"AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_USERNAME"})
"""Variables of credentials that azure-identity prefers to all but a secret."""

ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MACHINE = "http://169.254.169.254"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request for a token.

    Attributes:
        giver: who is asked, for people.
        host: URL of the host.
        target: path and query.
        form: what to post; None for a GET.
    """

    giver: str
    host: str
    target: str
    headers: Mapping[str, str]
    form: Mapping[str, str] | None = None

    @property
    def body(self) -> bytes | None:
        """The form as it travels."""
        return None if self.form is None else urlencode(self.form).encode()


def token_request(cloud: Cloud, environment: Mapping[str, str]) -> TokenRequest | None:
    """The request that azure-identity would send first, None where that is not certain."""
    has = {name: value for name, value in environment.items() if value}
    if _is_unusual(cloud, has):
        return None
    picked = has.get("AZURE_TOKEN_CREDENTIALS", "").strip().lower()
    if picked in {"", "prod"}:
        return _by_secret(cloud, has) or _by_assertion(cloud, has) or _at_an_address(cloud, has)
    match picked:
        case "environmentcredential":
            return _by_secret(cloud, has)
        case "workloadidentitycredential":
            return _by_assertion(cloud, has)
        case "managedidentitycredential":
            return _at_an_address(cloud, has) or _of_a_machine(cloud, has)
    return None


def _is_unusual(cloud: Cloud, has: Mapping[str, str]) -> bool:
    """Whether somebody else gives the token, or it is asked for in another way."""
    tenant = has.get("AZURE_TENANT_ID", "x")
    authority = has.get("AZURE_AUTHORITY_HOST", cloud.authority).removeprefix("https://")
    return bool(
        "AZURE_REGIONAL_AUTHORITY_NAME" in has
        or (has.keys() & OTHERS and "AZURE_CLIENT_SECRET" not in has)
        or not tenant.replace("-", "").replace(".", "").isalnum()
        or tenant.lower() == "adfs"
        or authority.rstrip("/") != cloud.authority
    )


def _by_secret(cloud: Cloud, has: Mapping[str, str]) -> TokenRequest | None:
    """A service principal with a client secret."""
    if "AZURE_CLIENT_SECRET" not in has:
        return None
    return _from_entra(cloud, has, {"client_secret": has["AZURE_CLIENT_SECRET"]})


def _by_assertion(cloud: Cloud, has: Mapping[str, str]) -> TokenRequest | None:
    """A workload identity, of Kubernetes or of a pipeline: somebody else has signed who this is."""
    if "AZURE_FEDERATED_TOKEN_FILE" not in has:
        return None
    try:
        assertion = Path(has["AZURE_FEDERATED_TOKEN_FILE"]).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return _from_entra(
        cloud, has, {"client_assertion_type": ASSERTED, "client_assertion": assertion}
    )


def _from_entra(
    cloud: Cloud, has: Mapping[str, str], proof: Mapping[str, str]
) -> TokenRequest | None:
    """OAuth's client credentials."""
    if "AZURE_TENANT_ID" not in has or "AZURE_CLIENT_ID" not in has:
        return None
    who = {"grant_type": "client_credentials", "client_id": has["AZURE_CLIENT_ID"]}
    return TokenRequest(
        "Entra ID",
        f"https://{cloud.authority}",
        f"/{quote(has['AZURE_TENANT_ID'])}/oauth2/v2.0/token",
        {"Content-Type": "application/x-www-form-urlencoded"},
        {**who, **proof, "scope": cloud.scope},
    )


def _at_an_address(cloud: Cloud, has: Mapping[str, str]) -> TokenRequest | None:
    """The identity of an app, a container or a job of Azure ML, where its variables say."""
    if "IDENTITY_ENDPOINT" in has:
        if "IDENTITY_HEADER" not in has or "IDENTITY_SERVER_THUMBPRINT" in has:
            return None  # of Azure Arc, or of Service Fabric
        headers = {"X-IDENTITY-HEADER": has["IDENTITY_HEADER"], "Metadata": "true"}
        asked = _asked("2019-08-01", cloud, has, "client_id")
        return _from_the_machine(has["IDENTITY_ENDPOINT"], asked, headers)
    if "MSI_ENDPOINT" in has and "MSI_SECRET" in has:
        asked = _asked("2017-09-01", cloud, has, "clientid")
        return _from_the_machine(has["MSI_ENDPOINT"], asked, {"secret": has["MSI_SECRET"]})
    return None


def _of_a_machine(cloud: Cloud, has: Mapping[str, str]) -> TokenRequest | None:
    """The identity of a virtual machine, from the address that each has."""
    if has.keys() & {"MSI_ENDPOINT", "IDENTITY_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE"}:
        return None
    host = has.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", MACHINE).strip("/")
    url = f"{host}/metadata/identity/oauth2/token"
    asked = _asked("2018-02-01", cloud, has, "client_id")
    return _from_the_machine(url, asked, {"Metadata": "true"})


def _asked(version: str, cloud: Cloud, has: Mapping[str, str], client: str) -> dict[str, str]:
    asked = {"api-version": version, "resource": cloud.audience}
    return asked | ({client: has["AZURE_CLIENT_ID"]} if "AZURE_CLIENT_ID" in has else {})


def _from_the_machine(
    url: str, asked: Mapping[str, str], headers: Mapping[str, str]
) -> TokenRequest | None:
    parts = urlsplit(url)
    if parts.query or not parts.hostname:
        return None
    target = f"{parts.path or '/'}?{urlencode(asked)}"
    return TokenRequest("the managed identity", f"{parts.scheme}://{parts.netloc}", target, headers)
