"""Pseudo-random numbers that are the same on every machine and in every run."""

from hashlib import blake2b


def draw(purpose: str, number: int, *, below: int) -> int:
    """A number from 0 to `below` - 1, computed from the purpose and the number."""
    digest = blake2b(f"{purpose}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below
