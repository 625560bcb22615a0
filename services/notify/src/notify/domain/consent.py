"""Consent to marketing, per channel: the last word by its own time wins, and it belongs to one address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["granted", "withdrawn", "unknown"]


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said about marketing on one channel: ``at`` is when it was said, ``method`` how it was heard."""

    status: Literal["granted", "withdrawn"]
    at: datetime
    method: str


def standing(from_shop: Word | None, from_customer: Word | None, address_since: datetime | None) -> Word | None:
    """The word that holds now, or None when nobody has spoken for the present address.

    ``from_shop`` came with ingest's snapshot, ``from_customer`` was told to notify itself. The later one wins; of two
    at one instant a withdrawal wins. ``address_since`` is when the present address replaced another (None for the
    first): words from before it were said for the other address.
    """
    words = [
        word
        for word in (from_shop, from_customer)
        if word is not None and (address_since is None or word.at >= address_since)
    ]
    return max(words, key=lambda word: (word.at, word.status == "withdrawn"), default=None)


def status_of(word: Word | None) -> Status:
    """``unknown`` where nobody has spoken; only ``granted`` allows marketing."""
    return "unknown" if word is None else word.status


def address_since(previous: str | None, since: datetime | None, present: str | None, at: datetime) -> datetime | None:
    """Since when the ``present`` address holds: None while it is the first one this customer ever had.

    ``previous`` and ``since`` are what was kept before the snapshot of ``at``. A removal counts as a change too, so
    that the same address given again later does not wake an old consent.
    """
    if present == previous or (previous is None and since is None):
        return since
    return at
