"""Data of the events about contracts of customers that are renewed (subscriptions), and about trials before them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mandegar.events.ingest import Currency, Id, Microseconds, require_amount

PERIOD_MAX = 3_660


class SubscriptionPaid(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A contract runs from ``starts_at`` until ``ends_at``: it was started, or renewed, perhaps at another price.

    ``amount`` is the price of ``period`` months or days. Where the spans of two events of one contract overlap, the one
    that starts later stands from its ``starts_at`` on; of two that start at one instant, the one that was told later.
    ``written_at`` as in ``OrderSnapshot``: it decides which was told later.
    """

    subscription_id: Id
    currency: Currency
    amount: Decimal
    period: Annotated[int, Meta(ge=1, le=PERIOD_MAX)]
    unit: Literal["months", "days"]
    starts_at: datetime
    ends_at: datetime
    plan: Id | None = None
    written_at: Microseconds | None = None

    def __post_init__(self) -> None:
        require_amount(self.amount, "amount")


class SubscriptionEnded(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A contract was cancelled, or was not renewed.

    It ends at ``ends_at``. Without it a cancelled one ends with the span that is paid for, another at the time of the
    event. An end that lies before a span of which was told already withdraws that. ``written_at`` as in
    ``SubscriptionPaid``.
    """

    subscription_id: Id
    ends_at: datetime | None = None
    written_at: Microseconds | None = None


class TrialStarted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer tries something from ``starts_at`` until ``ends_at``. ``written_at`` as in ``SubscriptionPaid``."""

    trial_id: Id
    starts_at: datetime
    ends_at: datetime
    plan: Id | None = None
    written_at: Microseconds | None = None


class TrialEnded(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A trial ended ``at`` an instant: at the time of the event if the shop states none.

    ``converted`` says whether it became a contract. Without it that follows from the customer's contracts.
    ``written_at`` as in ``SubscriptionPaid``.
    """

    trial_id: Id
    at: datetime | None = None
    converted: bool | None = None
    written_at: Microseconds | None = None
