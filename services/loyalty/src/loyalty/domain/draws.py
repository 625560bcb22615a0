"""Draws that anybody can check: who has the seed and the list of entrants finds the same winners.

The seed is chosen before, and only its hash is published. Entrants are listed by pseudonyms.
"""

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

# The length of a pseudonym, in bytes.
_BYTES = 10
ENTRANTS_MAX = 20_000


def hash_of(seed: str) -> str:
    """What is published of a seed before the draw."""
    return sha256(seed.encode()).hexdigest()


def entrant_of(shop: str, draw: str, customer_id: str, key: bytes) -> str:
    """The pseudonym of a customer in one draw."""
    text = f"draw|{shop}|{draw}|{customer_id}"
    return hmac.digest(key, text.encode(), sha256)[:_BYTES].hex()


def winners_of(seed: str, entrants: Iterable[str], number: int) -> list[str]:
    """The winners: those whose HMAC-SHA256 under the seed is smallest."""
    return sorted(entrants, key=lambda entrant: hmac.digest(seed.encode(), entrant.encode(), sha256))[:number]


def faults_in(draw: Mapping[str, Any]) -> list[str]:
    """What does not fit in a draw as it was published: sentences, none if all fits."""
    seed, entrants, winners = draw["seed"], draw["entrants"], draw["winners"]
    faults = []
    if hash_of(seed) != draw["seed_hash"]:
        faults.append("the seed is not the one whose hash was published")
    if len(set(entrants)) != len(entrants):
        faults.append("an entrant is listed twice")
    if winners_of(seed, entrants, len(winners)) != winners:
        faults.append("the winners are not those of the seed")
    return faults
