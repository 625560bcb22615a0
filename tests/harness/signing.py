"""Signers of tokens: shops with keys of their own, and everybody who only pretends."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from mandegar.tokens import TokenVerifier
from mandegar.tokens.verify import AUDIENCE


class Signer:
    """An Ed25519 key under a name, and the shops that it may sign for."""

    def __init__(self, kid: str, *shops: str) -> None:
        self.kid, self.shops = kid, shops
        self.key = OKPKey.generate_key("Ed25519")

    def public(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid, "shops": list(self.shops)}

    def token(self, shop: str, scope: str = "", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token for an hour; ``claims`` and ``header`` replace what it would say."""
        said = {"aud": AUDIENCE, "shop": shop, "scope": scope, "exp": in_seconds(3600), **claims}
        head = {"alg": "Ed25519", "kid": self.kid, **(header or {})}
        return jwt.encode(head, said, self.key, algorithms=["Ed25519", "EdDSA"])


def in_seconds(seconds: float) -> float:
    """Unix seconds of an instant that far from the real present: a token's life is real time."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).timestamp()


def jwks(*signers: Signer) -> str:
    return json.dumps({"keys": [signer.public() for signer in signers]})


def verifier(*signers: Signer) -> TokenVerifier:
    return TokenVerifier(jwks(*signers))
