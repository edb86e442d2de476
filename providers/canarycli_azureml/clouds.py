"""Azure's clouds: which hosts to ask, and for which audience."""

from dataclasses import replace

from canarycli.errors import UsageError
from canarycli.late_methods import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Azure's clouds.

    Attributes:
        name: as canary.yaml has it.
        manager: the URL of Azure Resource Manager.
        authority: the host of Entra ID.
        audience: whom tokens are for.
        models: whom tokens of those who call a model are for.
    """

    name: str
    manager: str
    authority: str
    audience: str
    models: str

    @property
    def scope(self) -> str:
        """What a token is asked for with."""
        return f"{self.audience}/.default"

    @property
    def scoring(self) -> str:
        """What a token to call a model is asked for with."""
        return f"{self.models}/.default"

    def at(self, url: str) -> "Cloud":
        """The same cloud behind another address, as a private link or a proxy has one."""
        return replace(self, manager=url.rstrip("/"))


def _cloud(name: str, manager: str, authority: str, models: str) -> Cloud:
    return Cloud(name, f"https://{manager}", authority, f"https://{manager}", f"https://{models}")


PUBLIC = _cloud("public", "management.azure.com", "login.microsoftonline.com", "ml.azure.com")
USGOV = _cloud("usgov", "management.usgovcloudapi.net", "login.microsoftonline.us", "ml.azure.us")
CHINA = _cloud("china", "management.chinacloudapi.cn", "login.chinacloudapi.cn", "ml.azure.cn")

_BY_WORD = {
    "public": PUBLIC,
    "azurecloud": PUBLIC,
    "usgov": USGOV,
    "azureusgovernment": USGOV,
    "china": CHINA,
    "azurechinacloud": CHINA,
}


def cloud_named(word: str) -> Cloud:
    """The cloud of that name; Azure's own names for them will do.

    Raises:
        UsageError: there is none.
    """
    found = _BY_WORD.get(word.lower())
    if found is None:
        raise UsageError(f"azureml has no cloud {word!r}", hint="it has public, usgov, china")
    return found
