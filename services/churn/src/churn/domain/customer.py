"""One customer as churn keeps them, and the shop's terms under which they are scored."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Purchase, Statistics, purchases, statistics
from mandegar.events.churn import Band

NO_CURRENCY = "XXX"
"""ISO 4217's word for none: until the shop itself has been heard of."""


class Terms(NamedTuple):
    """What a shop's customers are scored with: its newest model, its calendar, its money."""

    model: Model
    zone: ZoneInfo
    currency: str


class Known(NamedTuple):
    """A customer's purchases, oldest first, and their statistics."""

    bought: list[Purchase]
    statistics: Statistics


@dataclass(slots=True)
class Customer:
    """State behind one row. ``band`` is the one published last; ``version`` counts what was published.

    ``model_version`` and ``zone`` are the terms of the last computation; ``backfill_until`` is set while history comes
    in, and nothing is published then.
    """

    shop: str
    customer_id: str
    partition: int
    orders: Orders = field(default_factory=dict)
    due_at: datetime | None = None
    band: Band | None = None
    band_since: datetime | None = None
    value_at_risk: Decimal | None = None
    version: int = 0
    model_version: int | None = None
    zone: str | None = None
    backfill_until: datetime | None = None
    last_event_at: datetime | None = None
    interactions: int = 0
    last_interaction_at: datetime | None = None
    tickets_opened: int = 0
    tickets_closed: int = 0
    x: int | None = None
    first_day: int | None = None
    last_day: int | None = None

    def known(self, terms: Terms) -> Known | None:
        """Purchases and statistics under the shop's calendar; none before the first purchase."""
        bought = purchases(self.orders, terms.zone)
        folded = statistics(bought, terms.zone)
        return None if folded is None else Known(bought, folded)

    def is_under(self, terms: Terms) -> bool:
        """Whether band and due instant were computed under these terms."""
        return self.model_version == terms.model.version and self.zone == terms.zone.key
