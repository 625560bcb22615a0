"""The stated mix as a shop's platform sends it to the door: native events of now, in the form of section 4."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from bench.load import CUSTOMERS

_KNOWN_ORDERS = 50_000


def door_mix(seed: int = 1) -> Iterator[dict[str, Any]]:
    """Events without end: 60 % orders, 30 % interactions, 8 % refunds and updates, 2 % sent a second time."""
    chooser = random.Random(seed)
    orders: list[tuple[str, str, int]] = []
    last: dict[str, Any] | None = None
    for number in count():
        draw = chooser.random()
        if draw < 0.02 and last is not None:
            yield last
            continue
        customer = f"c-{chooser.randrange(CUSTOMERS)}"
        id_ = f"e-{seed}-{number}"
        if draw < 0.62 or not orders:
            total, order_id = chooser.randrange(1, 100) * 100_000, f"o-{seed}-{number}"
            last = paid(id_, customer, order_id, total)
            if len(orders) < _KNOWN_ORDERS:
                orders.append((customer, order_id, total))
            else:
                orders[number % _KNOWN_ORDERS] = (customer, order_id, total)
        elif draw < 0.92:
            last = _event(id_, "product.viewed", customer, {"product_id": f"p-{number % 500}"})
        elif draw < 0.96:
            customer, order_id, total = chooser.choice(orders)
            refund = {"refund_id": f"r-{seed}-{number}", "order_id": order_id, "currency": "IRR", "amount": total // 4}
            last = _event(id_, "refund.issued", customer, refund)
        elif draw < 0.98:
            customer, order_id, total = chooser.choice(orders)
            last = {**paid(id_, customer, order_id, total + 50_000), "type": "order.updated"}
        else:
            last = _event(id_, "customer.updated", customer, {"attributes": {"visits": str(number)}})
        yield last


def paid(id_: str, customer: str, order_id: str, total: int) -> dict[str, Any]:
    """A paid order."""
    items = [{"product_id": f"p-{total % 499}", "quantity": 2, "unit_price": total // 2}]
    order = {"order_id": order_id, "currency": "IRR", "total": str(total), "items": items}
    return _event(id_, "order.paid", customer, order)


def _event(id_: str, type_: str, customer: str, data: dict[str, Any]) -> dict[str, Any]:
    time = datetime.now(UTC).isoformat()
    return {"id": id_, "type": type_, "time": time, "customer": {"id": customer}, "data": data}


def bodies(size: int, seed: int = 1) -> Iterator[bytes]:
    """Request bodies of ``size`` events each, without end."""
    events = door_mix(seed)
    while True:
        yield orjson.dumps([next(events) for _ in range(size)])
