"""The toy service whose customers may be erased: their totals, journals and visits go, and their notes by its part."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from builders import erasures
from harness.databases import ServiceDatabase
from harness.toy import READ, apply
from harness.toy_merging import merge
from mandegar.customers.erasing import erasing_of
from mandegar.database import Connection
from mandegar.database.customer_data import CustomerTable
from mandegar.events import CustomerKey, Event
from mandegar.stream import Erased, Removed, Subscription, needs_longer, subscriptions

# At the time of the toy's orders.
erased = partial(erasures.erased, days=0)
readmitted = partial(erasures.readmitted, days=0)
TABLES = (
    CustomerTable(
        name="customers",
        customer="customer_id",
        columns=("shop", "customer_id", "total", "journal"),
        key=(),
        export="customers",
        emptied=("total", "settled", "journal"),
    ),
    CustomerTable(
        name="visits",
        customer="customer_id",
        columns=("shop", "customer_id", "number"),
        key=("number",),
        deleted=True,
        export="visits",
    ),
)


async def note(erased: Sequence[Erased], connection: Connection, now: datetime) -> Sequence[Removed]:
    """What the toy's part says: the totals stay for the books, if the shop wants that."""
    totals = await connection.fetch(
        "SELECT shop, customer_id, total FROM customers WHERE customer_id = ANY($1::text[])",
        [each.customer.customer_id for each in erased],
    )
    books = {each.customer: each.keep_books for each in erased}
    return [
        Removed(each.customer, "amounts", 0, row["total"], "for the books")
        for each in erased
        for row in totals
        if row["customer_id"] == each.customer.customer_id and books[each.customer]
    ]


ERASE = erasing_of([note], TABLES, contacts=True)
ERASING = subscriptions("toy", [READ], [merge], ERASE)["toy"]


async def erased_customers(toy: ServiceDatabase) -> set[str]:
    rows = await toy.worker.fetch("SELECT customer_id FROM customers WHERE erased_at IS NOT NULL")
    return {row["customer_id"] for row in rows}


async def add_visits(toy: ServiceDatabase, customer: str, number: int) -> None:
    await toy.worker.execute(
        "INSERT INTO visits SELECT 's', $1, n FROM generate_series(1, $2::bigint) AS n", customer, number
    )


async def visits(toy: ServiceDatabase) -> dict[str, int]:
    return dict(await toy.worker.fetch("SELECT customer_id, count(*)::int FROM visits GROUP BY 1"))


def leaving_giants(giants: Collection[CustomerKey]) -> Subscription:
    """The toy, whose ``giants`` need longer than a batch."""

    async def leaving(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
        applied = await apply(events, connection, now)
        needs_longer({event.customer for event in events} & set(giants))
        return applied

    async def erasing(erased: Sequence[Erased], connection: Connection, now: datetime) -> Sequence[Removed]:
        needs_longer({each.customer for each in erased} & set(giants))
        return await ERASE(erased, connection, now)

    return replace(ERASING, apply=leaving, erase=erasing)
