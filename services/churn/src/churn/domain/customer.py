"""The state of one customer, and the terms of a shop under which it is scored."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Statistics
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band

# ISO 4217's code for no currency: until ``shop.updated`` names the shop's own.
NO_CURRENCY: Final = "XXX"


class Terms(NamedTuple):
    """What a shop's customers are scored with: its newest model, its calendar, its money."""

    model: Model
    days: ShopDays
    currency: str


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

    def is_under(self, terms: Terms) -> bool:
        """Whether band and due instant were computed under these terms."""
        return self.model_version == terms.model.version and self.zone == terms.days.zone.key

    def note(self, statistics: Statistics | None, terms: Terms) -> None:
        """Record the terms of a computation, and the statistics that the next fit counts."""
        self.model_version, self.zone = terms.model.version, terms.days.zone.key
        if statistics is None:
            self.x = self.first_day = self.last_day = None
        else:
            self.x, self.first_day, self.last_day = statistics.x, statistics.first_day, statistics.last_day
