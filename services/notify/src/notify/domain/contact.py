"""A customer as messages need to know them: addresses, consents, language, zone, points and the latest purchase."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notify.domain.consent import ChannelName, Statement, standing


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer. ``own_consents`` were given to notify itself; ``points`` is None until points are posted.

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
    shop_consents: Mapping[ChannelName, Statement]
    own_consents: Mapping[ChannelName, Statement]
    points: int | None
    tier: str | None
    last_paid_at: datetime | None
    band_left_version: int = 0

    def address(self, channel: ChannelName) -> str | None:
        """The present address on a channel."""
        return self.email if channel == "email" else self.phone

    def consent(self, channel: ChannelName) -> Statement | None:
        """The statement in force for the present address on a channel."""
        since = self.email_since if channel == "email" else self.phone_since
        return standing(self.shop_consents.get(channel), self.own_consents.get(channel), since)

    def has_bought_since(self, at: datetime) -> bool:
        """Whether the latest purchase is later than ``at``."""
        return self.last_paid_at is not None and self.last_paid_at > at
