"""Orders of customers who have bought before: an imported history, the end of its source, and newer orders."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from bench.load import NOW, SHOP, event, shop_updated
from harness.producing import produce
from mandegar.events import Event, derived_id
from mandegar.events.ingest import OrderSnapshot, SourceClosed

SOURCE = "load"
HISTORY_DAYS = 300
NEWEST_DAYS = 7


def paid(customer: str, order_id: str, time: datetime, *, shop: str = SHOP, backfill: bool = False) -> Event:
    """A paid order worth 0.1 to 10 million rials, the same for the same order."""
    total = Decimal(random.Random(order_id).randrange(1, 100) * 100_000)
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=total, version=int(time.timestamp() * 1e6))
    id_ = UUID(int=random.Random(f"{shop}:{order_id}").getrandbits(128), version=4)
    return event(id_, "order.paid", customer, time, data, shop=shop, backfill=backfill)


def history(customers: Sequence[str], orders: int) -> Iterator[Event]:
    """So many imported orders of each customer, one customer after the other, each in order until a week ago."""
    for customer in customers:
        for number in range(orders):
            ago = NEWEST_DAYS + HISTORY_DAYS * (orders - number) / orders
            yield paid(customer, f"h-{customer}-{number}", NOW - timedelta(days=ago), backfill=True)


def newest(customers: Sequence[str], orders: int, kind: str = "n") -> Iterator[Event]:
    """So many live orders of each customer in the last week, everybody's first before anybody's second."""
    count = len(customers) * orders
    for number in range(orders):
        for place, customer in enumerate(customers):
            ago = NEWEST_DAYS * (1 - (number * len(customers) + place) / count)
            yield paid(customer, f"{kind}-{customer}-{number}", NOW - timedelta(days=ago))


async def produce_history(kafka: str, topic: str, orders: Iterable[Event], shops: Sequence[str] = (SHOP,)) -> None:
    """The settings of ``shops``, and behind them the history."""
    await produce(kafka, topic, orders, partial(_settings, shops))


def _settings(shops: Sequence[str], partition: int) -> list[Event]:
    return [shop_updated(partition, shop) for shop in shops]


async def close_source(kafka: str, topic: str) -> None:
    """Tell every partition that the history is complete."""

    def closed(partition: int) -> list[Event]:
        id_ = derived_id("bench", f"closed|{partition}", "source.closed")
        return [event(id_, "source.closed", None, NOW, SourceClosed(source_id=SOURCE, partition=partition))]

    await produce(kafka, topic, (), closed)
