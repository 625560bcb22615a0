"""What an event or a message costs does not depend on how many messages a customer has had."""

from datetime import timedelta

import asyncpg
import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.events import NOON
from builders.merges import merged
from mandegar.database import Connection, transaction
from mandegar.events import CustomerKey
from mandegar.stream import Merged
from notify.contacts import merge as contacts
from notify.contacts.rows import load_addresses
from notify.domain.consent import AddressKey
from notify.sends import merge as sends_merge
from notify.sends.due_rows import load_arrivals, lock_due_sends
from notify.sends.rows import load_waiting_since_purchase, load_waiting_without_purchase

KEY = CustomerKey("s", "c")
HISTORY = """
    INSERT INTO sends (send_id, shop, customer_id, journey, journey_version, channel, template, cause_type, cause_id,
        correlation_id, hops, payload, triggered_at, created_at, no_later_than, state, reason, not_before, attempt,
        attempted_at, decided_at, address_id)
    SELECT gen_random_uuid(), s.shop, s.customer_id, s.journey, s.journey_version, s.channel, s.template, s.cause_type,
        gen_random_uuid(), gen_random_uuid(), 0, s.payload, s.triggered_at - n * interval '1 day',
        s.created_at - n * interval '1 day', s.no_later_than, CASE WHEN n % 3 = 0 THEN 'sent' ELSE 'withheld' END,
        'exited', s.not_before, CASE WHEN n % 3 = 0 THEN 1 ELSE 0 END,
        CASE WHEN n % 3 = 0 THEN s.created_at - n * interval '1 day' END, s.created_at, 'address'
    FROM sends s, generate_series(100, 100 + $1::int - 1) AS n
"""

WAITING_OF_OTHERS = """
    INSERT INTO sends (send_id, shop, customer_id, journey, journey_version, channel, template, cause_type, cause_id,
        correlation_id, hops, payload, triggered_at, created_at, no_later_than, state, not_before)
    SELECT gen_random_uuid(), s.shop, 'other-' || n, s.journey, s.journey_version, s.channel, s.template, s.cause_type,
        gen_random_uuid(), gen_random_uuid(), 0, s.payload, s.triggered_at, s.created_at, s.no_later_than, 'ready',
        s.not_before
    FROM sends s, generate_series(1, $1::int) AS n WHERE s.customer_id = 'c' AND s.state = 'ready'
"""


ALIASES_OF_OTHERS = """
    INSERT INTO customers (shop, customer_id, partition, merged_into, merge_version)
    SELECT 's', 'alias-' || n, 0, 'other-' || n % 7, 1 FROM generate_series(1, $1::int) AS n
"""


async def rows_read(connection: Connection, *tables: str) -> int:
    """Rows of ``sends``, or of ``tables``, that the transaction has read so far."""
    return await connection.fetchval(
        "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        " WHERE relname = ANY($1)",
        tables or ("sends",),
    )


QUERIES = {
    "a purchase": lambda connection: load_waiting_since_purchase(connection, [KEY]),
    "a band that was left": lambda connection: load_waiting_without_purchase(connection, [KEY]),
    "what is due": lambda connection: lock_due_sends(connection, [KEY], "email", NOON + timedelta(days=9), 50),
    "caps and cooldowns": lambda connection: load_arrivals(
        connection, [KEY], [AddressKey("s", "email", "address")], NOON - timedelta(days=30)
    ),
}


@pytest.mark.parametrize("what", QUERIES)
async def test_an_event_and_a_claim_read_what_concerns_them_and_not_the_history(notify, what):
    """Neither that of their customer, nor the waiting messages of others."""
    await notify.deliver(contact(), crossed())
    sends = notify.database.worker
    await sends.execute(HISTORY, 5_000)
    await sends.execute(WAITING_OF_OTHERS, 5_000)
    owner = await asyncpg.connect(notify.database.owner_url)
    await owner.execute("ANALYZE sends")
    await owner.close()

    async with transaction(sends) as connection:
        await QUERIES[what](connection)
        read = await rows_read(connection)
    await sends.execute("DELETE FROM sends")  # a history that was made up breaks invariants

    assert read < 10


MERGED = merged("a")


async def merge(connection):
    pairs = [Merged(CustomerKey("s", "a"), KEY, MERGED)]
    await contacts.merge(pairs, connection, NOON)
    await sends_merge.merge(pairs, connection, NOON)


@pytest.mark.parametrize("work", [lambda connection: load_addresses(connection, [KEY]), merge])
async def test_a_snapshot_and_a_merge_read_whom_they_concern_and_not_the_aliases_of_others(notify, work):
    await notify.deliver(contact(), contact(customer="a"), crossed(), crossed(customer="a"))
    pool = notify.database.worker
    await pool.execute(WAITING_OF_OTHERS, 5_000)
    await pool.execute(ALIASES_OF_OTHERS, 5_000)
    owner = await asyncpg.connect(notify.database.owner_url)
    await owner.execute("ANALYZE sends, customers")
    await owner.close()

    async with transaction(pool) as connection:
        await work(connection)
        read = await rows_read(connection, "sends", "customers")
    await pool.execute("DELETE FROM sends")
    await pool.execute("DELETE FROM customers")

    assert read < 40
