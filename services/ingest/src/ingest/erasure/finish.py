"""Finishes erasures: what was too much for one transaction, and what was stored at the same moment.

A door does not lock the customers of whom it stores events. One whose transaction began before the erasure was
committed may store an event behind it; so everything is looked through again once all such transactions have ended.
"""

from collections.abc import Sequence
from datetime import datetime

from ingest.domain.naming import Reader, named_in
from ingest.erasure.erase import ERASE
from ingest.erasure.rows import has_events
from ingest.erasure.unfinished_rows import (
    Unfinished,
    delete_letters,
    end,
    next_letters,
    next_unnamed,
    set_running_until,
    take_unfinished,
)
from ingest.hallway.rows.quarantine import add_names
from mandegar.customers.erasing import by_customer, told
from mandegar.customers.erasure_rows import ErasureRow, save_erasures
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection, transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.shops import load_shops
from mandegar.stream import Erased, Removed, beside

EVERY_SECONDS = 2.0
# Bodies may have a mebibyte each, and are read while a transaction is open.
PAGE = 10


async def finish_erasures(context: Context) -> None:
    """Look for unfinished ones every two seconds, until cancelled."""

    async def go_on() -> bool:
        return await finish_some(context)

    await every(EVERY_SECONDS, go_on, name="finish_erasures")


async def finish_some(context: Context) -> bool:
    """Go on with one erasure; returns whether there is more of it to do at once."""
    now, partitions = context.clock.now(), context.settings.partitions
    async with transaction(context.worker) as connection:
        erasure = await take_unfinished(connection)
        if erasure is None:
            return False
        await lock_customers(connection, erasure.keys, partitions)
        shop = (await load_shops(connection, {erasure.shop}))[erasure.shop]
        reader = Reader(erasure.shop, shop.phone_region, context.identity_key, shop.customer_ids)
        if await _name_quarantined(connection, reader):
            return True
        erased = [Erased(key, erasure.erasure_id, keep_books=False) for key in erasure.keys]
        with beside():
            removed = [*await ERASE(erased, connection, now), *await _erase_letters(connection, erasure, reader)]
        await _add(connection, erasure, removed, now)
        if await has_events(connection, erasure.keys):
            return True
        if erasure.is_last:
            await end(connection, erasure)
        else:
            await set_running_until(connection, erasure)
    return False


async def _add(connection: WorkerConnection, erasure: Unfinished, removed: Sequence[Removed], now: datetime) -> None:
    """Add what was removed to what the erasure says."""
    of_customer = by_customer(removed)
    rows = [
        ErasureRow(
            *(erasure.shop, erasure.erasure_id, key.customer_id, len(erasure.ids), False, now), told(of_customer[key])
        )
        for key in erasure.keys
    ]
    await save_erasures(connection, rows, now)


async def _name_quarantined(connection: WorkerConnection, reader: Reader) -> bool:
    """Store whom some of those events in quarantine name that a release stored which did not look for that.

    Returns whether there may be more of them, for another transaction.
    """
    rows = await next_unnamed(connection, reader.shop, PAGE)
    await add_names(connection, {row["id"]: named_in(row["body"], reader) for row in rows})
    return len(rows) == PAGE


async def _erase_letters(connection: WorkerConnection, erasure: Unfinished, reader: Reader) -> list[Removed]:
    """Delete the dead letters of topics of the shop that name the person."""
    ids, after, deleted = frozenset(erasure.ids), 0, 0
    while rows := await next_letters(connection, erasure.shop, after, PAGE):
        after = rows[-1]["id"]
        theirs = [row["id"] for row in rows if not ids.isdisjoint(named_in(row["value"], reader))]
        await delete_letters(connection, theirs)
        deleted += len(theirs)
    return [Removed(erasure.keys[0], "dead_letters", deleted)]
