"""A customer as messages need to know them: addresses, consents, language, zone, points and the latest purchase."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mandegar.events.addresses import can_receive_sms, canonical_address
from mandegar.events.consents import Statement, in_force
from mandegar.events.identity import address_id
from notify.domain.consent import About, AddressKey, ChannelName


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer. ``own_consents`` were given to notify itself under this id; ``points`` is None until points are
    posted.

    Bands up to ``band_left_version`` are over: everything bought until then was cancelled or refunded.
    """

    shop: str
    customer_id: str
    email: str | None
    phone: str | None
    name: str | None
    email_since: datetime | None
    phone_since: datetime | None
    locale: str | None
    zone: str | None
    shop_consents: Mapping[ChannelName, About]
    own_consents: Mapping[ChannelName, About]
    points: int | None
    tier: str | None
    last_paid_at: datetime | None
    band_left_version: int = 0

    def address(self, channel: ChannelName) -> str | None:
        """The present address on a channel."""
        return self.email if channel == "email" else self.phone

    def can_receive(self, channel: ChannelName) -> bool:
        """Whether messages of a channel can arrive at the present address."""
        return channel == "email" or (self.phone is not None and can_receive_sms(self.phone))

    def address_key(self, channel: ChannelName, key: bytes) -> AddressKey | None:
        """The key of the present address on a channel, under which customers' own words about it are stored."""
        address = self.address(channel)
        return AddressKey(self.shop, channel, address_id(address, shop=self.shop, key=key)) if address else None

    def consent(self, channel: ChannelName, word: Statement | None) -> Statement | None:
        """The statement in force for the present address on a channel.

        ``word`` is the latest that any customer with this address said about it to notify itself.
        """
        address, own = self.address(channel), self.own_consents.get(channel)
        statements = [word]
        shop = self.shop_consents.get(channel)
        if shop is not None and same_address(shop.address, address):
            statements.append(shop.statement)
        if own is not None and own.address is None and self.is_since_present_address(channel, own.statement.at):
            statements.append(own.statement)
        return in_force(statements, elsewhere=None if own is None else own.statement)

    def is_since_present_address(self, channel: ChannelName, at: datetime) -> bool:
        """Whether ``at`` is not from before the present address took the place of another."""
        since = self.email_since if channel == "email" else self.phone_since
        return since is None or at >= since

    def has_bought_since(self, at: datetime) -> bool:
        """Whether the latest purchase is later than ``at``."""
        return self.last_paid_at is not None and self.last_paid_at > at


def same_address(named: str | None, present: str | None) -> bool:
    """Whether a statement about ``named`` is about the ``present`` address, in whatever spelling."""
    if named is None or present is None:
        return named is present
    return canonical_address(named) == canonical_address(present)
