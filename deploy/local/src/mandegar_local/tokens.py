"""Signs tokens for a shop or for operators, with scopes and an optional customer."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey
from orjson import loads

from mandegar.tokens import EVERY_SHOP, SCOPES
from mandegar.tokens.scopes import CUSTOMER_HOURS_MAX, DAYS_MAX, Scope

# The name of EdDSA with Ed25519 in RFC 9864.
_ALGORITHM = "Ed25519"
_DAYS = 30.0


SCOPE_MEANINGS: dict[Scope, str] = {
    "customers:read": "read what the services know of customers: balances, risks, messages, events",
    "customers:merge": "merge two ids of one customer, and take an id back",
    "customers:erase": "erase everything of a customer, and readmit them",
    "customers:export": "export everything that is held of a customer",
    "events:raw": "with customers:read: bodies of events too, which contain addresses",
    "points:spend": "reserve and spend the points of customers, and give them back",
    "preferences:write": "change a customer's consents and preferences",
    "programme:write": "read and change the loyalty programme",
    "books:read": "read the books of the shop: points per period, liability, ledger entries",
    "points:adjust": "give and take points as staff, and approve what others adjust; --subject names the person",
    "journeys:write": "read, preview and change journeys, and change segments",
    "sources:write": "sources, their keys, quarantine; read the settings of the shop",
    "audit:read": "read who changed what",
    "ops": "create and change shops; dead letters; with --shop '*' also limits and streams of all shops",
}


def sign_token(
    signing_key: dict[str, Any],
    shop: str,
    scopes: Iterable[str],
    *,
    now: datetime,
    days: float | None = None,
    subject: str | None = None,
) -> str:
    """A token of one shop, or of all shops (`*`), valid for `days` by the system's clock.

    With `subject` it may be used for that customer only. Raises ValueError for what a service would refuse.
    """
    wanted = list(scopes)
    if unknown := sorted(set(wanted) - set(SCOPES)):
        raise ValueError(f"unknown scope {', '.join(unknown)}; the scopes are {', '.join(SCOPES)}")
    if shop == EVERY_SHOP and subject is not None:
        raise ValueError("a customer belongs to one shop: name it instead of *")
    longest = DAYS_MAX if subject is None else CUSTOMER_HOURS_MAX / 24
    days = min(_DAYS, longest) if days is None else days
    if days > longest:
        raise ValueError(f"it would be valid for {days:g} days; services refuse more than {longest:g}")
    claims: dict[str, Any] = {
        "iss": "mandegar-local",
        "aud": "mandegar",
        "jti": uuid4().hex,
        "shop": shop,
        "scope": " ".join(wanted),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=days)).timestamp()),
    }
    if subject is not None:
        claims["sub"] = subject
    header = {"alg": _ALGORITHM, "kid": signing_key["kid"], "typ": "JWT"}
    return jwt.encode(header, claims, OKPKey.import_key(signing_key), algorithms=[_ALGORITHM])


def token_id(token: str) -> str:
    """The id (jti) of a token, which is not verified; a text without dots is taken for an id. Raises ValueError."""
    if "." not in token:
        return token
    parts = token.split(".")
    claims = loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    if not isinstance(claims, dict) or "jti" not in claims:
        raise ValueError("the token has no id (jti): it can be revoked only by removing its key")
    return str(claims["jti"])
