"""A batch costs what its own customers cost, however many others there are."""

import asyncpg

from mandegar.customers.locking import lock_customers
from mandegar.database import Connection, transaction
from mandegar.events import CustomerKey

CUSTOMERS = 20_000
BATCH = 1_000


async def rows_read_in_passing(connection: Connection) -> int:
    """Rows of ``customers`` that were read because a statement went through the table from end to end."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    found: int = await connection.fetchval("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'customers'")
    return found


async def test_a_large_batch_reads_no_row_of_a_customer_it_is_not_about(toy):
    names = [f"c-{number}" for number in range(CUSTOMERS)]
    async with transaction(toy.worker) as connection:
        await lock_customers(connection, [CustomerKey("s", name) for name in names], partitions=12)
    owner = await asyncpg.connect(toy.owner_url)
    await owner.execute("ANALYZE customers")
    await owner.close()

    async with toy.worker.acquire() as connection:  # one session: it sees its own counts
        before = await rows_read_in_passing(connection)
        found = await connection.fetch(
            "SELECT total FROM customers JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) "
            "USING (shop, customer_id)",
            ["s"] * BATCH,
            names[:: CUSTOMERS // BATCH],
        )
        after = await rows_read_in_passing(connection)

    assert len(found) == BATCH
    assert after == before
