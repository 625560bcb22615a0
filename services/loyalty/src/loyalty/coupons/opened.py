"""Coupons that customers bring along from another system: stored under the ids of their codes, in any order.

No redemption gave them: in the row of such a coupon its own id stands in the place of the redemption's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from loyalty.coupons.rows import IssuedRow, save_opened
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.stream import on


async def store(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Of several events about one coupon the latest stands."""
    newest: dict[tuple[str, Any], Event] = {}
    for event in events:
        coupon = (event.shop, event.data.coupon_id)
        newest[coupon] = max(newest.get(coupon, event), event, key=lambda told: (told.time, told.id))
    await save_opened(connection, [_row(event) for event in newest.values()])
    return ()


def _row(event: Event) -> IssuedRow:
    data = event.data
    kind = "amount_off" if data.amount is not None else "percent_off" if data.percent is not None else "free_shipping"
    terms = {
        name: f"{value:f}"
        for name in ("amount", "percent", "at_most", "minimum_spend")
        if (value := getattr(data, name)) is not None
    }
    if terms.keys() - {"percent"}:
        terms["currency"] = data.currency
    coupon = (event.shop, data.coupon_id, data.reward, event.customer.customer_id, data.coupon_id, None)
    return IssuedRow(*coupon, kind, terms, event.time, data.expires_at)


READS = (on({"coupon.opened"}, store),)
