"""A signer for every shop, made for this run: its public half as services know it, and tokens."""

from harness.signing import Signer, jwks

_SIGNER = Signer("tests", "*")
JWKS = jwks(_SIGNER)


def token(shop: str, scope: str, *, subject: str | None = None) -> str:
    """A token for an hour; a ``subject`` makes it a browser's."""
    return _SIGNER.token(shop, scope) if subject is None else _SIGNER.token(shop, scope, sub=subject)
