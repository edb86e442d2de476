"""Google's identity services: token grants, federation, impersonation and the metadata server."""

import base64
import json
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .errors import Refused

GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token"
SCOPES = {
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/aiplatform",
    "https://www.googleapis.com/auth/iam",  # for a token that only serves to act as another
}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW = 300


class Identity:
    """Who may call: keys that were given out, and tokens that were made from them."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.email = f"canary@{project}.iam.gserviceaccount.com"
        self.lifetime = 3600
        self.key_bits = 2048
        self._keys: dict[str, rsa.RSAPublicKey] = {}
        self._tokens: dict[str, tuple[str, float]] = {}

    def new_key(self, url: str) -> dict[str, str]:
        """A fresh service-account key whose tokens come from this server."""
        private = _private(self.key_bits)
        key_id = secrets.token_hex(20)
        self._keys[key_id] = private.public_key()
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": key_id,
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "100000000000000000001",
            "token_uri": f"{url}/token",
        }

    def grant(self, body: bytes, now: float) -> dict[str, Any]:
        """The token endpoint: a signed grant for a token; anything wrong is `invalid_grant`."""
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        if form.get("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange":
            return {**self._issue("federated", now), "issued_token_type": "access_token"}
        if form.get("grant_type") != JWT_GRANT:
            raise BadGrant("unsupported_grant_type", "only signed grants are taken here")
        claims = self._verified(form.get("assertion", ""), now)
        if claims.get("aud") != GOOGLE_TOKEN_URL:
            raise BadGrant("invalid_grant", "wrong audience")
        if not set(str(claims.get("scope", "")).split()) & SCOPES:
            raise BadGrant("invalid_scope", "no scope for Vertex AI")
        return self._issue(self.email, now)

    def impersonate(self, account: str, bearer: str, now: float) -> dict[str, Any]:
        """IAM's generateAccessToken."""
        self.caller(bearer, now)
        token = self._issue(account, now)
        expires = now + self.lifetime
        from .clock import rfc3339

        return {"accessToken": token["access_token"], "expireTime": rfc3339(int(expires))}

    def attached(self, path: str, now: float) -> dict[str, Any] | str:
        """The metadata server of a machine with an account."""
        if path.endswith("/token"):
            return self._issue(f"attached-{self.email}", now)
        if path.endswith("/project/project-id"):
            return self.project
        if path.endswith("/email"):
            return f"attached-{self.email}"
        if "service-accounts" in path:
            account = f"attached-{self.email}"
            return {"aliases": ["default"], "email": account, "scopes": sorted(SCOPES)}
        return "computeMetadata/"

    def revoke(self) -> None:
        """Forget every token: the next call with one of them is a 401."""
        self._tokens.clear()

    def caller(self, bearer: str, now: float) -> str:
        """The account of a bearer token, or a 401."""
        known = self._tokens.get(bearer)
        if known and known[1] > now:
            return known[0]
        if bearer.count(".") == 2:
            try:
                claims = self._verified(bearer, now)
            except BadGrant as bad:
                raise Refused("UNAUTHENTICATED", str(bad)) from bad
            if str(claims.get("aud", "")).startswith("https://") or claims.get("scope"):
                return str(claims["iss"])
        raise Refused("UNAUTHENTICATED", "Request had invalid authentication credentials.")

    def _issue(self, account: str, now: float) -> dict[str, Any]:
        token = "ya29." + secrets.token_urlsafe(24)
        self._tokens[token] = (account, now + self.lifetime)
        return {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}

    def _verified(self, jwt: str, now: float) -> Mapping[str, Any]:
        """The claims of a JWT that one of our keys signed, now, for our account."""
        try:
            head, claims, signature = jwt.split(".")
            header, found = json.loads(_decoded(head)), json.loads(_decoded(claims))
            if header["alg"] != "RS256":
                raise BadGrant("invalid_grant", "only RS256 is taken here")
            self._keys[header["kid"]].verify(
                _decoded(signature),
                f"{head}.{claims}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except (ValueError, KeyError, InvalidSignature) as error:
            raise BadGrant("invalid_grant", "Invalid JWT Signature.") from error
        if found.get("iss") != self.email:
            raise BadGrant("invalid_grant", "Invalid issuer.")
        if not (found["iat"] - SKEW <= now <= found["exp"] + SKEW):
            raise BadGrant("invalid_grant", "Invalid JWT: Token must be a short-lived token.")
        if found["exp"] - found["iat"] > 3600:
            raise BadGrant("invalid_grant", "Invalid JWT: Token must be a short-lived token.")
        return dict(found)


@cache
def _private(bits: int) -> rsa.RSAPrivateKey:
    """Made once a process: it takes as long as a whole test."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


class BadGrant(Exception):
    """An OAuth error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
