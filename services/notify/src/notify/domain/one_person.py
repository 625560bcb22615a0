"""What becomes of a customer's contact when another customer turns out to be the same person.

The addresses of the customer who remains stand; the other's fill gaps. Consents are what the law gives for the
statements of both, so a withdrawal of either holds until a later grant. A contact that was published after the merge
contains the other's already, and does not change by this.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mandegar.events.consents import in_force
from notify.domain.consent import About, ChannelName
from notify.domain.contact import Contact, same_address

CHANNELS: Final[tuple[ChannelName, ...]] = ("email", "sms")


@dataclass(frozen=True, slots=True)
class Versioned:
    """A contact, and the versions of what it consists of."""

    contact: Contact
    contact_version: int = 0
    profile_version: int = 0
    points_version: int = 0


def taken_over(root: Versioned, alias: Versioned) -> Versioned:
    """``root`` with what ``alias`` held.

    Versions do not fall, so only what is published after the merge, with versions above both, takes the place of it.
    Bands are not taken over: their versions count for one customer alone.
    """
    mine, theirs = root.contact, alias.contact
    email, email_since = _address(mine.email, mine.email_since, theirs.email, theirs.email_since)
    phone, phone_since = _address(mine.phone, mine.phone_since, theirs.phone, theirs.phone_since)
    points = alias.contact if alias.points_version > root.points_version else mine
    addressed = replace(mine, email=email, phone=phone, email_since=email_since, phone_since=phone_since)
    of_shop = {channel: _of_shop(channel, addressed, theirs) for channel in CHANNELS}
    own = {channel: _own(channel, addressed, theirs) for channel in CHANNELS}
    contact = replace(
        addressed,
        name=mine.name or theirs.name,
        locale=mine.locale or theirs.locale,
        zone=mine.zone or theirs.zone,
        shop_consents={channel: about for channel, about in of_shop.items() if about is not None},
        own_consents={channel: about for channel, about in own.items() if about is not None},
        points=points.points,
        tier=points.tier,
        last_paid_at=max((at for at in (mine.last_paid_at, theirs.last_paid_at) if at is not None), default=None),
    )
    return Versioned(
        contact,
        max(root.contact_version, alias.contact_version),
        max(root.profile_version, alias.profile_version),
        max(root.points_version, alias.points_version),
    )


def _address(
    mine: str | None, since: datetime | None, theirs: str | None, their_since: datetime | None
) -> tuple[str | None, datetime | None]:
    """An address and since when it holds. One that was removed leaves no gap."""
    return (theirs, their_since) if mine is None and since is None else (mine, since)


def _of_shop(channel: ChannelName, contact: Contact, other: Contact) -> About | None:
    """The shop's statement after those about both: a grant counts for its address, a withdrawal for the customer."""
    mine, theirs = contact.shop_consents.get(channel), other.shop_consents.get(channel)
    if theirs is None:
        return mine
    address = contact.address(channel)
    stands = in_force(
        each.statement
        for each in (mine, theirs)
        if each is not None
        and contact.is_since_present_address(channel, each.statement.at)
        and (each.statement.status == "withdrawn" or same_address(each.address, address))
    )
    return (mine or theirs) if stands is None else About(stands, address)


def _own(channel: ChannelName, contact: Contact, other: Contact) -> About | None:
    """The later word of the two, each of which is stored for its address as well.

    A word of a release before is stored here alone, for the customer's address of its time: a withdrawal stays, a grant
    counts for no other address.
    """
    mine, theirs = contact.own_consents.get(channel), other.own_consents.get(channel)
    if theirs is not None and theirs.address is None and theirs.statement.status == "granted":
        theirs = theirs if same_address(other.address(channel), contact.address(channel)) else None
    words = [word for word in (mine, theirs) if word is not None]
    unaddressed = [word for word in words if word.address is None and word.statement.status == "withdrawn"]
    return max(unaddressed or words, key=lambda word: (word.statement.at, word.statement.status), default=None)
