"""Consent to marketing, per channel and address: what shop and customer stated, each about one address."""

from datetime import datetime
from typing import Literal, NamedTuple

from mandegar.events.consents import Statement

ChannelName = Literal["email", "sms"]
Status = Literal["granted", "withdrawn", "unknown"]


class AddressKey(NamedTuple):
    """An address of a shop's customers by its pseudonym (``identity.address_id``)."""

    shop: str
    channel: ChannelName
    address_id: str


class About(NamedTuple):
    """A statement, and the address that it is about.

    Of a shop's statement it is the address itself, of a customer's own word its pseudonym. None: the customer had none,
    or a release before stored the word, which is then about the address of its time.
    """

    statement: Statement
    address: str | None


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
