"""A signer for every shop, made for this run: its public half as services know it, and tokens."""

from harness.signing import Signer, jwks

_SIGNER = Signer("tests", "*")
JWKS = jwks(_SIGNER)


def token(shop: str, scope: str, *, subject: str | None = None, id_: str | None = None) -> str:
    """A token for an hour; a ``subject`` makes it a browser's, and ``id_`` is its ``jti``."""
    claims = {"sub": subject, "jti": id_}
    return _SIGNER.token(shop, scope, **{name: text for name, text in claims.items() if text is not None})
