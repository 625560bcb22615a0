"""The toy service with customers who turn out to be one: aliases give their totals and journals to their roots."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from builders.merges import merged as merged_under
from harness.databases import ServiceDatabase
from harness.toy import NOW, READ, apply, records
from mandegar.database import Connection, transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import derived_event
from mandegar.events.loyalty import PointsExpiring
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.stream import Merged, Subscription, needs_longer, subscriptions


async def merge(merged: Sequence[Merged], connection: Connection, now: datetime) -> Sequence[Event]:
    """Add the totals of aliases to those of their roots; announce each root."""
    outgoing: list[Event] = []
    for alias, root, event in merged:
        await connection.execute(
            """
            UPDATE customers r SET total = r.total + a.total, journal = r.journal || a.journal
            FROM customers a WHERE (r.shop, r.customer_id) = ($1, $2) AND (a.shop, a.customer_id) = ($1, $3)
            """,
            *root,
            alias.customer_id,
        )
        await connection.execute(
            "UPDATE customers SET total = 0, journal = '{}' WHERE (shop, customer_id) = ($1, $2)", *alias
        )
        data = PointsExpiring(points=0, expires_at=now, available=0)
        outgoing.append(derived_event("toy", "points.expiring", data, about=root, cause=event, now=now))
    return outgoing


MERGING = subscriptions("toy", [READ], [merge])["toy"]


def with_giants(giants: Collection[CustomerKey]) -> Subscription:
    """The toy, whose ``giants`` need longer than a batch, also to be given something."""

    async def leaving_giants(events, connection, now):
        applied = await apply(events, connection, now)
        needs_longer({event.customer for event in events} & set(giants))
        return applied

    async def leaving_roots(merged, connection, now):
        announced = await merge(merged, connection, now)
        needs_longer({each.root for each in merged} & set(giants))
        return announced

    return replace(MERGING, apply=leaving_giants, merge=leaving_roots)


def both(alias: str, root: str, version: int = 1) -> list[Event]:
    """Both records of a merge, that of the alias first."""
    return [merged_under(alias, root, version, under=key) for key in (alias, root)]


async def deliver(
    toy: ServiceDatabase, *logs: Sequence[Event], subscription: Subscription = MERGING, group: str = "toy"
) -> None:
    """The next records of partitions 0, 1 and so on, as one batch."""
    partitions = [("ingest.events", number) for number in range(len(logs))]
    async with transaction(toy.worker) as connection:
        stored = await stored_offsets(connection, group, partitions)
    chunks: Mapping[tuple[str, int], Chunk] = {
        partition: Chunk(stored[partition], records(log, start=stored[partition], partition=partition[1]))
        for partition, log in zip(partitions, logs, strict=True)
        if log
    }
    if chunks:
        await apply_batch(toy.worker, group, as_process(subscription, group, 12), chunks, NOW)


async def roots(toy: ServiceDatabase) -> dict[str, str]:
    """The roots of all aliases."""
    return dict(await toy.worker.fetch("SELECT customer_id, merged_into FROM customers WHERE merged_into IS NOT NULL"))


async def held(toy: ServiceDatabase) -> dict[str, list[str]]:
    """What was applied to each customer, in the order of ids."""
    found = defaultdict(list)
    for row in await toy.worker.fetch("SELECT customer_id, journal, total FROM customers WHERE journal <> '{}'"):
        found[row["customer_id"]] = sorted(row["journal"])
        assert row["total"] == len(row["journal"])
    return dict(found)


async def letters(toy: ServiceDatabase) -> list[str]:
    """The codes of the open dead letters."""
    rows = await toy.worker.fetch("SELECT code FROM dead_letters WHERE released_at IS NULL ORDER BY id")
    return [row["code"] for row in rows]
