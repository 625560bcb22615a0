"""Claims of personal codes, as ingest publishes them: alone, or in an order."""

from decimal import Decimal
from typing import Any

from builders.events import event
from builders.orders import TOTAL, Amount
from mandegar.events import Event
from mandegar.events.ingest import OrderSnapshot
from mandegar.events.referrals import ReferralClaimed


def claimed(code_id: str, name: str = "", **more: Any) -> Event:
    return event("referral.claimed", ReferralClaimed(code_id=code_id), name=name, **more)


def paid_with(
    order_id: str,
    total: Amount = TOTAL,
    *,
    code_id: str | None = None,
    payer: str | None = None,
    ship_to: str | None = None,
    kind: str = "paid",
    **more: Any,
) -> Event:
    """An order that names a code, or what paid it and where it goes."""
    data = OrderSnapshot(
        order_id=order_id,
        currency="IRR",
        total=Decimal(total),
        version=1,
        referral=code_id,
        payer=payer,
        ship_to=ship_to,
    )
    return event(f"order.{kind}", data, name=more.pop("name", f"{order_id}-{kind}-with"), **more)
