"""Consent to marketing, per channel: the latest statement by its own time wins, and it belongs to one address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ChannelName = Literal["email", "sms"]
Status = Literal["granted", "withdrawn", "unknown"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about marketing on one channel: made ``at`` an instant, received by ``method``."""

    status: Literal["granted", "withdrawn"]
    at: datetime
    method: str


def standing(
    from_shop: Statement | None, from_customer: Statement | None, address_since: datetime | None
) -> Statement | None:
    """The statement in force for the present address, or None.

    ``from_shop`` came with ingest's snapshot, ``from_customer`` was made to notify itself. The later one wins; of two
    at one instant a withdrawal wins. ``address_since`` is when the present address replaced another (None for the
    first): statements from before it were made for the other address.
    """
    statements = [
        statement
        for statement in (from_shop, from_customer)
        if statement is not None and (address_since is None or statement.at >= address_since)
    ]
    return max(statements, key=lambda statement: (statement.at, statement.status == "withdrawn"), default=None)


def status_of(statement: Statement | None) -> Status:
    """``unknown`` without a statement; only ``granted`` allows marketing."""
    return "unknown" if statement is None else statement.status


def address_since(previous: str | None, since: datetime | None, present: str | None, at: datetime) -> datetime | None:
    """Since when the ``present`` address holds: None while it is the first one this customer ever had.

    ``previous`` and ``since`` are what stood before the snapshot of ``at``. A removal counts as a change too, so
    that the same address given again later does not revive an old consent.
    """
    if present == previous or (previous is None and since is None):
        return since
    return at
