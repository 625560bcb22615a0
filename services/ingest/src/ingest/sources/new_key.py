"""Making source keys: ``mdg_<prefix>_<secret>``. Only the prefix and a hash of the whole are stored."""

import secrets
from hashlib import sha256
from typing import NamedTuple

LIVE_KEYS_MAX = 2


class NewKey(NamedTuple):
    """A key with its text, which exists nowhere else."""

    text: str
    prefix: str
    digest: bytes


def new_secret() -> str:
    """A random secret of 256 bits, for the proof of visitors."""
    return f"mdv_{secrets.token_urlsafe(32)}"


def new_key() -> NewKey:
    """A key with a random secret of 256 bits."""
    prefix = secrets.token_hex(6)
    text = f"mdg_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text, prefix, sha256(text.encode()).digest())
