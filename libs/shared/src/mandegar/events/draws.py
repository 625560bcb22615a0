"""Data of the events on ``loyalty.events`` about draws among the customers of a shop."""

from datetime import datetime

from msgspec import Struct


class DrawHeld(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A draw of the shop was held, with all that is needed to check it.

    ``seed_hash``, the SHA-256 of ``seed``, stood in the programme before. Of ``entrants``, pseudonyms of customers,
    those win whose HMAC-SHA256 under the seed is smallest.
    """

    draw: str
    programme_version: int
    seed_hash: str
    seed: str
    begin: datetime
    end: datetime
    held_at: datetime
    entrants: tuple[str, ...]
    winners: tuple[str, ...]


class DrawWon(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer won a draw, as ``entrant``.

    The programme pays it as of ``counts_at``; without it, as of ``held_at``.
    """

    draw: str
    entrant: str
    held_at: datetime
    counts_at: datetime | None = None
