"""Entra ID as far as a client's credentials use it: discovery and tokens."""

import base64
import json
import time
from secrets import token_urlsafe

from .state import SUBSCRIPTION, State
from .wire import Reply, Request

TENANT = "72f9aaaa-0000-4000-8000-00000000cafe"


def answer(state: State, request: Request) -> Reply:
    """One request to the authority's host."""
    parts = [part for part in request.path.split("/") if part]
    if request.path == "/common/discovery/instance":
        return _instances(request)
    if request.path.endswith("/.well-known/openid-configuration"):
        return _configuration(request, parts[0])
    if request.method == "POST" and request.path.endswith("/oauth2/v2.0/token"):
        return _token(state, request)
    return Reply(404, {"error": "not_found", "error_description": request.path})


def subscriptions() -> Reply:
    """The subscriptions a principal sees, as `az login` asks for them: the one there is."""
    entry = {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "acme",
        "state": "Enabled",
        "managedByTenants": [],
    }
    return Reply(200, {"value": [entry]})


def managed_identity(state: State, request: Request) -> Reply:
    """A token for the identity of the machine, as App Service and Container Apps give it."""
    if not request.headers.get("x-identity-header"):
        return Reply(400, {"statusCode": 400, "message": "X-IDENTITY-HEADER is missing"})
    audience = request.query["resource"].removesuffix("/.default")
    token = new_token(state, audience, "managed-identity", TENANT)
    expires = str(int(time.time()) + 3600)
    return Reply(200, {"access_token": token, "expires_on": expires, "token_type": "Bearer"})


def new_token(state: State, audience: str, app: str, tenant: str) -> str:
    """A token that Resource Manager will accept for that audience."""
    token = _jwt({"aud": audience, "appid": app, "tid": tenant})
    state.tokens[token] = audience
    return token


def _instances(request: Request) -> Reply:
    host = request.host
    return Reply(
        200,
        {
            "tenant_discovery_endpoint": (
                f"https://{host}/{TENANT}/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [
                {"preferred_network": host, "preferred_cache": host, "aliases": [host]},
            ],
        },
    )


def _configuration(request: Request, tenant: str) -> Reply:
    base = f"https://{request.host}/{tenant}"
    return Reply(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "issuer": f"{base}/v2.0",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token"],
            "tenant_region_scope": "EU",
        },
    )


def _token(state: State, request: Request) -> Reply:
    form = request.form()
    given = form.get("client_secret") or form.get("client_assertion") or ""
    wanted = state.settings.secret
    if form.get("client_assertion") and wanted and given != wanted:
        said = (
            "AADSTS700024: Client assertion is not within its valid time range. Current time: "
            "2026-11-28T09:00:00.0000000Z, assertion valid from 2026-11-28T07:00:00.0000000Z, "
            "expiry time of assertion 2026-11-28T08:00:00.0000000Z. Trace ID: 0 Correlation ID: 0"
        )
        answer = {"error": "invalid_client", "error_description": said, "error_codes": [700024]}
        return Reply(401, answer)
    if not given or not form.get("client_id") or (wanted and given != wanted):
        return Reply(
            401,
            {
                "error": "invalid_client",
                "error_description": (
                    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent "
                    "in the request is the client secret value, not the client secret ID, for a "
                    f"secret added to app '{form.get('client_id')}'. Trace ID: 0 Correlation ID: 0"
                ),
                "error_codes": [7000215],
            },
        )
    audience = form.get("scope", "").removesuffix("/.default")
    token = new_token(state, audience, form["client_id"], request.path.split("/")[1])
    return Reply(
        200,
        {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token},
    )


def _jwt(claims: dict[str, str]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, token_urlsafe(24)])
