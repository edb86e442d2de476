"""Sends one request to one deployment, whatever its share of the traffic."""

import os
import time
from collections.abc import Mapping
from typing import Any

from canarycli.errors import Rejected
from canarycli.late_methods import dataclass
from canarycli.provider import Reply
from canarycli_azureml.api import Session
from canarycli_azureml.body import Body
from canarycli_azureml.credentials import credential
from canarycli_azureml.errors import Unanswered, refusal, understood
from canarycli_azureml.settings import Settings
from canarycli_azureml.way import CONNECT_SECONDS
from canarycli_azureml.wire import encrypted, transport

DEPLOYMENT = "azureml-model-deployment"
MODELS_STATUS = "ms-azureml-model-error-statuscode"
ANSWER_SECONDS = 20
MODEL_FAILED, TOO_SLOW = 424, 408


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls models as the callers of their endpoints do."""

    settings: Settings
    session: Session

    def ask(self, endpoint: Body, version: str, body: bytes, content_type: str) -> Reply:
        """One POST to the endpoint's scoring address; it counts in the metrics as any request.

        Args:
            endpoint: its body, just read.
            version: the deployment's name, which a header asks for.
            body: sent as it is.
            content_type: of the body.

        Raises:
            Rejected: Azure refused the request, or another deployment answered.
        """
        uri = str(endpoint["properties"].get("scoringUri") or "")
        doing = f"asking version {version!r} of endpoint {endpoint['name']!r}"
        if not uri:
            raise Rejected(f"{doing}: the endpoint has no scoring address yet")
        uri = encrypted(uri, doing)
        headers = {
            "Authorization": f"Bearer {self._key(endpoint, doing)}",
            "Content-Type": content_type,
            DEPLOYMENT: version,
        }
        start = time.monotonic()
        status, content, answered = _post(uri, headers, body, doing)
        took = time.monotonic() - start
        if status == MODEL_FAILED:
            status = _number(answered.get(MODELS_STATUS), MODEL_FAILED)
        elif status != TOO_SLOW and not 200 <= status < 300:
            raise refusal(doing, status, content.decode(errors="replace"), answered)
        by = answered.get(DEPLOYMENT) or version
        if by.lower() != version.lower():
            raise Rejected(f"{doing}: version {by!r} answered instead")
        return Reply(version, content, answered.get("Content-Type", ""), took, status)

    def _key(self, endpoint: Body, doing: str) -> str:
        """What callers sign in with: the endpoint's key, its own token, or one of Entra's."""
        path = self.settings.endpoint(endpoint["name"])
        match endpoint["properties"].get("authMode"):
            case "Key":
                key = self.session.call("POST", f"{path}/listKeys", doing).body.get("primaryKey")
            case "AMLToken":
                key = self.session.call("POST", f"{path}/token", doing).body.get("accessToken")
            case "AADToken":
                with understood(doing):
                    signer = credential(self.settings.cloud, os.environ)
                    key = signer.get_token(self.settings.cloud.scoring).token
            case mode:
                raise Rejected(f"{doing}: canary does not know authMode {mode!r}")
        if not key:
            raise Unanswered(f"{doing}: Azure gave no key")
        return str(key)


def _post(
    uri: str, headers: Mapping[str, str], body: bytes, doing: str
) -> tuple[int, bytes, Mapping[str, str]]:
    """The request itself, without Resource Manager's token, which is not for models to see."""
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest

    anybody: Any = PipelineClient(uri, policies=[], transport=transport())
    with understood(doing), anybody:
        request = HttpRequest("POST", uri, headers=dict(headers), content=body)
        response = anybody.send_request(
            request, connection_timeout=CONNECT_SECONDS, read_timeout=ANSWER_SECONDS
        )
        return response.status_code, response.read(), response.headers


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
