"""A signing key made for this run, its public half as the services know it, and tokens."""

import json
import time

from joserfc import jwt
from joserfc.jwk import OKPKey

_KEY = OKPKey.generate_key("Ed25519", {"kid": "tests", "alg": "Ed25519", "use": "sig"})
JWKS = json.dumps({"keys": [{**_KEY.as_dict(private=False), "shops": ["*"]}]})


def token(shop: str, scope: str, *, subject: str | None = None, expires_in: int = 3_600) -> str:
    """A signed token; browser tokens have a ``subject``."""
    now = int(time.time())
    claims = {"iss": "tests", "aud": "mandegar", "shop": shop, "scope": scope, "iat": now, "exp": now + expires_in}
    if subject is not None:
        claims["sub"] = subject
    return jwt.encode({"alg": "Ed25519", "kid": "tests"}, claims, _KEY, algorithms=["Ed25519"])
