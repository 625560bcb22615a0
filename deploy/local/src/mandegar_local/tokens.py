"""Signs tokens for a shop, with scopes and an optional customer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

SCOPES = ("customers:read", "programme:write", "journeys:write", "sources:write", "ops")
# The name of EdDSA with Ed25519 in RFC 9864.
_ALGORITHM = "Ed25519"


def sign_token(
    signing_key: dict[str, Any],
    shop: str,
    scopes: Iterable[str],
    *,
    now: datetime,
    days: float,
    subject: str | None = None,
) -> str:
    """A token of one shop, valid for `days` by the system's clock; with `subject` it may read that customer only.

    Raises ValueError for an unknown scope.
    """
    wanted = list(scopes)
    if unknown := sorted(set(wanted) - set(SCOPES)):
        raise ValueError(f"unknown scope {', '.join(unknown)}; the scopes are {', '.join(SCOPES)}")
    claims: dict[str, Any] = {
        "iss": "mandegar-local",
        "aud": "mandegar",
        "shop": shop,
        "scope": " ".join(wanted),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=days)).timestamp()),
    }
    if subject is not None:
        claims["sub"] = subject
    header = {"alg": _ALGORITHM, "kid": signing_key["kid"], "typ": "JWT"}
    return jwt.encode(header, claims, OKPKey.import_key(signing_key), algorithms=[_ALGORITHM])
