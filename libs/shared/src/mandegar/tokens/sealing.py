"""Texts that only services with a key can read: secrets that must go over a topic (JWE, AES-256-GCM)."""

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey


def seal(text: str, key: bytes) -> str:
    """The text, encrypted and authenticated with a key of 32 bytes."""
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text, OctKey.import_key(key))


def unseal(sealed: str, key: bytes) -> str:
    """The text that was sealed; raises ``ValueError`` if it was sealed with another key, or changed."""
    try:
        plaintext = jwe.decrypt_compact(sealed, OctKey.import_key(key)).plaintext
    except JoseError as error:
        raise ValueError("it was sealed with another key, or changed") from error
    return (plaintext or b"").decode()
