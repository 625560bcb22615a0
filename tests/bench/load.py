"""The stated mix, as events and as records on a topic: 60 % orders, 30 % interactions, 8 % changes, 2 % duplicates.

Orders are worth 0.1 to 10 million rials, as in an ordinary shop: about one in twenty customers reaches a tier.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from harness import producing
from mandegar.events import Event, derived_id
from mandegar.events.ingest import Interaction, Item, OrderSnapshot, RefundIssued, ShopUpdated

PARTITIONS = producing.PARTITIONS
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SHOP = "bench"
CUSTOMERS = 100_000


def shop_updated(partition: int, shop: str = SHOP) -> Event:
    """The shop's settings, as they stand in front of everything else in a partition."""
    data = ShopUpdated(
        version=1,
        name="Bench",
        zone="Asia/Tehran",
        currency="IRR",
        locale="fa-IR",
        phone_region="IR",
        sender_email="shop@example.test",
        sms_sender="1000",
    )
    id_ = derived_id(shop, f"shop|{partition}", "shop.updated")
    return event(id_, "shop.updated", None, NOW, data, shop=shop)


def event(
    id_: UUID,
    type_: str,
    customer: str | None,
    time: datetime,
    data: object,
    *,
    shop: str = SHOP,
    backfill: bool = False,
) -> Event:
    """An event as ingest publishes it, recorded now."""
    return Event(
        id=id_,
        source=f"urn:mandegar:shop:{shop}:source:load",
        type=type_,
        time=time,
        shop=shop,
        recorded_time=NOW,
        customer_id=customer,
        data=data,
        backfill=backfill,
    )


def mix(count: int, seed: int = 1, *, history: bool = False) -> Iterator[Event]:
    """``count`` events of the mix; the same seed gives the same events.

    A live stream: a week in the order in which it happened. ``history``: 300 days in any order, the worst case.
    """
    chooser = random.Random(seed)
    orders: list[tuple[str, str, Decimal]] = []
    last: Event | None = None
    for number in range(count):
        draw = chooser.random()
        customer = f"c-{chooser.randrange(CUSTOMERS)}"
        ago = chooser.randrange(300 * 86_400) if history else 7 * 86_400 * (1 - number / count)
        time = NOW - timedelta(seconds=ago)
        id_ = UUID(int=chooser.getrandbits(128), version=4)
        if draw < 0.02 and last is not None:
            yield last
            continue
        if draw < 0.62 or not orders:
            total = Decimal(chooser.randrange(1, 100) * 100_000)
            items = (Item(product_id=f"p-{chooser.randrange(500)}", quantity=Decimal(1), unit_price=total),)
            data: object = OrderSnapshot(
                order_id=f"o-{number}", currency="IRR", total=total, version=int(time.timestamp() * 1e6), items=items
            )
            orders.append((customer, f"o-{number}", total))
            last = event(id_, "order.paid", customer, time, data)
        elif draw < 0.92:
            last = event(id_, "product.viewed", customer, time, Interaction(subject_id=f"p-{number % 500}"))
        else:
            customer, order_id, total = chooser.choice(orders)
            refund = RefundIssued(refund_id=f"r-{number}", order_id=order_id, currency="IRR", amount=total / 4)
            last = event(id_, "refund.issued", customer, NOW if history else time, refund)
        yield last


async def produce(bootstrap: str, topic: str, events: Iterable[Event]) -> None:
    """Put ``events`` on ``topic``, each partition behind its shop's settings."""
    await producing.produce(bootstrap, topic, events, lambda partition: (shop_updated(partition),))
