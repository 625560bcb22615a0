"""The state of one customer, and the terms of a shop under which it is scored."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Final, NamedTuple

from churn.domain.model import Model
from churn.domain.orders import Order, Orders
from churn.domain.packed import Packed
from churn.domain.past import Past
from churn.domain.purchases import Paid, Statistics, paid_of
from churn.domain.signals.state import NOTHING, Signals, unpack_signals
from churn.domain.turnover import Turnover
from churn.domain.value import ListKeys
from mandegar.calendar import ShopDays
from mandegar.events import CustomerKey
from mandegar.events.churn import FIRST_STAGE, Band, Lifecycle, Stage

# ISO 4217's code for no currency: until ``shop.updated`` names the shop's own.
NO_CURRENCY: Final = "XXX"


class Terms(NamedTuple):
    """What a shop's customers are scored with: its newest model, its calendar, its money. ``since`` is when the model
    was fitted; None: there is none, or nobody asks."""

    model: Model
    days: ShopDays
    currency: str
    since: datetime | None = None


@dataclass(slots=True)
class Customer:
    """State behind one row. ``band``, ``lifecycle`` and ``stage`` are those published last; ``version`` counts what was
    published of the first two, ``stage_version`` of the last, which is dated ``stage_since``. Who is healthy and has no
    lifecycle, or has no stage, was written by an earlier release. ``won_back_at`` is that of the newest return that was
    published.

    ``model_version`` and ``zone`` are the terms of the last computation; ``backfill_until`` is set while history comes
    in, and nothing is published then.

    ``orders`` are those that were opened, ``packed`` all of them as they lie in rows. ``statistics`` are those of the
    last computation; while ``is_folded`` is false, they are not those of the orders and have to be folded from all of
    them. ``past`` is what such a fold has built, for the rest of the batch. ``healthy_since`` is the start of the last
    purchase's healthy span; None while history comes in, and as long as nobody asks: only who is healthy needs it.
    ``counted`` is the turnover that the shop's figures have of the customer, as bytes, and ``turnover`` that of the
    orders once it was read or has changed; while ``is_counted`` is false, it has to be made of all orders.
    ``known_at_us`` is the last order's instant as of when band and lifecycle were worked out last, or the row was read.
    ``list_keys`` are those of the present band if they were computed since the row was read, which has them otherwise.
    ``signals`` are days with a visit and what the customer was glad or unhappy of (``domain/signals/state.py``).
    ``visit_months`` are months with a visit (``domain/visit_months.py``), ``counted_visits`` those that the shop's
    figures have of the customer.
    ``merged_into`` is set for an alias, who has nothing else but a version. ``is_due_current`` is false between an act
    and its computation: ``due_at`` is then not that of the statistics.
    """

    shop: str
    customer_id: str
    partition: int
    orders: Orders = field(default_factory=dict)
    packed: Packed = field(default_factory=Packed)
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
    merged_into: str | None = None
    lifecycle: Lifecycle | None = None
    stage: Stage | None = FIRST_STAGE
    stage_version: int = 0
    stage_since: datetime | None = None
    won_back_at: datetime | None = None
    statistics: Statistics | None = None
    healthy_since: int | None = None
    is_folded: bool = True
    past: Past | None = None
    counted: bytes = b""
    turnover: Turnover | None = None
    is_counted: bool = True
    is_due_current: bool = True
    signals: bytes = b""
    visit_months: bytes = b""
    counted_visits: bytes = b""
    list_keys: ListKeys | None = None
    known_at_us: int | None = None

    @property
    def key(self) -> CustomerKey:
        """The key of the customer."""
        return CustomerKey(self.shop, self.customer_id)

    @property
    def last_order_us(self) -> int | None:
        """When the customer's last order was paid; None without one, or while the statistics are not computed."""
        return None if self.statistics is None else self.statistics.last_at_us

    def is_under(self, terms: Terms) -> bool:
        """Whether band and due instant were computed under these terms."""
        return self.model_version == terms.model.version and self.zone == terms.days.zone.key

    def heard_by(self, model: Model) -> Signals:
        """The signals that a model asks for; of most shops, none."""
        return unpack_signals(self.signals) if self.signals and model.numbers.signals is not None else NOTHING

    @property
    def needs_older(self) -> bool:
        """Whether an assessment of the present needs older orders that were not read; silence makes nobody healthy."""
        if self.packed.is_complete:
            return False
        if not self.is_folded:
            return True
        return self.statistics is not None and self.healthy_since is None and self.band in {None, "healthy"}

    def open(self, name: int) -> Order | None:
        """One order, None if there is none. Raises ``OrdersMissing``."""
        order = self.orders.get(name)
        if order is None and (order := self.packed.open(name)) is not None:
            self.orders[name] = order
        return order

    def all_orders(self) -> Orders:
        """All orders, decoded. Raises ``OrdersMissing``."""
        return {**self.packed.orders(self.orders), **self.orders}

    def look_back(self, days: ShopDays) -> Past:
        """The purchases by day, from all orders the first time. Raises ``OrdersMissing``."""
        if self.past is None:
            self.past = Past(self.all_paid(), days)
        return self.past

    def all_paid(self) -> Iterator[tuple[int, Paid]]:
        """All orders that count, by name. Raises ``OrdersMissing``."""
        return chain(self.packed.paid(self.orders), self._paid_of_opened())

    def _paid_of_opened(self) -> Iterator[tuple[int, Paid]]:
        for name, order in self.orders.items():
            if (paid := paid_of(order)) is not None:
                yield name, paid
