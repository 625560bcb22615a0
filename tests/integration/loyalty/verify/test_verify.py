"""Balances that are recomputed from the topics are those of the database, and what differs is found and named."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from runpy import run_path
from typing import Any

import asyncpg
import pytest

import loyalty
from builders.erasures import erased
from builders.events import SHOP
from builders.merges import merges
from builders.opening import opened
from builders.orders import cancelled, historic, paid, refund
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty, loyalty_service
from harness.producing import PARTITIONS, produce
from loyalty.programme.recompute import apply_some, settle_older_anew
from loyalty.verify.run import told, verify, verify_shop
from mandegar.events import Event
from mandegar.events.topics import partition_of

MIGRATION = Path(loyalty.__file__).parents[2] / "migrations/versions/0037_pre_judged_by_total.py"


@pytest.fixture
async def house(make_database, kafka, topic_prefix) -> AsyncIterator[Loyalty]:
    """Loyalty, whose topics are on a real broker."""
    settings = {"kafka_bootstrap": kafka, "topic_prefix": topic_prefix}
    async with loyalty_service(await make_database("loyalty"), **settings) as loyalty:
        yield loyalty


async def live(house: Loyalty, events: Sequence[Event], *, unread: int = 0) -> None:
    """Publish the events, and apply them but for the last ``unread`` of each partition."""
    settings = house.context.settings
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}ingest.events", events, lambda _: [shop_updated()])
    # The first partition has had the shop's settings, at its first offset, when the service was made.
    by_partition: dict[int, list[Event]] = {number: [shop_updated()] * bool(number) for number in range(PARTITIONS)}
    for event in events:
        by_partition[partition_of(event.partition_key, PARTITIONS)].append(event)
    for number, some in by_partition.items():
        if applied := some[: len(some) - unread] if len(some) > unread else some:
            await house.poll("ingest.events", {number: applied})


STORY = [
    paid("o1", days=-20, customer="a"), paid("o2", customer="b"), refund("o2", 4_000_000, customer="b"),
    paid("o1", days=-20, customer="a"), historic("old", days=-300, customer="e"), opened("lot", 700, customer="f"),
    paid("o3", customer="g"), cancelled("o3", version=2, customer="g"), paid("o4", customer="a_1"),
    *merges("a_1", "a"), paid("o5", customer="gone"), erased("gone"), paid("x", shop="other", customer="a"),
]  # fmt: skip


async def test_every_balance_is_what_the_topics_make(house):
    await live(house, STORY)
    lines: list[str] = []

    assert await verify(house.context, SHOP, None, lines.append) == 0
    assert lines == [f"{SHOP}: 5 customers: every balance is what the topics make"]
    assert await verify(house.context, SHOP, "b", lines.append) == 0
    assert lines[1].startswith(f"{SHOP}: 1 customers")


async def test_records_that_are_not_applied_yet_do_not_count(house):
    """Of every partition the last record lies behind the stored offset."""
    await live(house, [paid(f"o{number}", customer=f"c{number % 7}") for number in range(40)], unread=1)

    done = await verify_shop(house.context, SHOP)

    assert (done.different, done.waiting) == (0, 0)
    assert done.customers > 0


async def test_redemptions_that_commands_made_count_published_or_not(house):
    """A relay has published none of them: what waits in the outbox counts, and what is on the topic counts once."""
    await live(house, STORY)
    body = {"points": 30}
    key = {"Idempotency-Key": "k"}
    made = await house.ask("POST", "/v1/customers/a/redemptions", "points:spend", json=body, headers=key)
    assert made.status_code == 201, made.text
    assert (await verify_shop(house.context, SHOP)).different == 0

    settings = house.context.settings
    events = [event for event in await house.news() if event.shop == SHOP]
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}loyalty.events", events, lambda _: [])
    path = f"/v1/customers/a/redemptions/{made.json()['redemption_id']}/confirm"
    assert (await house.ask("POST", path, "points:spend")).status_code == 200

    assert (await verify_shop(house.context, SHOP)).different == 0


async def test_a_balance_that_was_changed_by_hand_is_named_with_the_first_entry(house):
    await live(house, STORY)
    await house.database.worker.execute("UPDATE customers SET available = available + 5 WHERE customer_id = 'f'")
    await by_hand(house, "UPDATE entries SET points = 105 WHERE customer_id = 'a' AND kind = 'earn' AND points = 100")
    await house.database.worker.execute("UPDATE customers SET pending = pending + 5 WHERE customer_id = 'a'")

    done = await verify_shop(house.context, SHOP)

    by_customer = {each.customer_id: each for each in done.differences}
    assert by_customer.keys() == {"a", "f"}
    assert by_customer["f"].stored.available == by_customer["f"].recomputed.available + 5
    assert by_customer["f"].entry is None
    entry = by_customer["a"].entry
    assert entry is not None
    assert (entry.kind, entry.bucket, entry.stored, entry.recomputed) == ("earn", "pending", 105, 100)
    assert "First entry: earn (pending) of 'o1'" in told(SHOP, by_customer["a"])


async def test_points_of_which_the_topics_know_nothing_are_found(house):
    await live(house, STORY)
    await house.database.worker.execute(
        "INSERT INTO customers (shop, customer_id, partition, available, settled_at) VALUES ($1, 'ghost', 0, 7, now())",
        SHOP,
    )

    done = await verify_shop(house.context, SHOP)

    assert [(each.customer_id, each.stored.available) for each in done.differences] == [("ghost", 7)]


async def test_an_event_that_is_a_dead_letter_is_not_missed(house):
    """The second payment was refused, and the database knows: its points are not there, and that is right."""
    bad = paid("bad", customer="a")
    await live(house, STORY)
    settings = house.context.settings
    await produce(settings.kafka_bootstrap, f"{settings.topic_prefix}ingest.events", [bad], lambda _: [])
    place = partition_of(bad.partition_key, PARTITIONS)
    await house.database.worker.execute(
        "UPDATE offsets SET next_offset = next_offset + 1 WHERE partition = $1 AND topic = 'ingest.events'", place
    )
    assert (await verify_shop(house.context, SHOP)).different == 1
    await house.database.worker.execute(
        "INSERT INTO dead_letters (consumer_group, topic, partition, record_offset, event_id, shop, code, detail,"
        " received_at) VALUES ('loyalty', 'ingest.events', $1, 99, $2, $3, 'x', 'x', now())",
        place,
        bad.id,
        SHOP,
    )

    assert (await verify_shop(house.context, SHOP)).different == 0


async def by_hand(house: Loyalty, statement: str, *arguments: Any) -> None:
    """As somebody who may do anything would change a ledger."""
    owner = await asyncpg.connect(house.database.owner_url)
    await owner.execute("ALTER TABLE entries NO FORCE ROW LEVEL SECURITY")
    await owner.execute("ALTER TABLE entries DISABLE TRIGGER USER")
    await owner.execute(statement, *arguments)
    await owner.close()


async def test_what_another_law_made_of_accounts_is_about_to_be_settled_anew_after_the_upgrade(house):
    await live(house, STORY)
    await house.database.worker.execute("UPDATE customers SET available = available + 9 WHERE customer_id = 'b'")
    assert (await verify_shop(house.context, SHOP)).different == 1

    for _ in range(2):
        await house.database.worker.execute(run_path(str(MIGRATION))["_EVERY_SHOP"])

    done = await verify_shop(house.context, SHOP)
    assert (done.different, done.waiting) == (0, 1)
    await until_recomputed(house)
    assert await is_due(house)


async def until_recomputed(house: Loyalty) -> None:
    """A change of which others' transactions on the same server may not know yet waits for their end."""
    open_ = "SELECT count(*) FROM cutoffs WHERE recomputed_at IS NULL"
    async with asyncio.timeout(30):
        while await house.database.worker.fetchval(open_):
            if not await apply_some(house.context):
                await asyncio.sleep(0.05)


async def is_due(house: Loyalty) -> bool:
    due_at = await house.database.worker.fetchval("SELECT due_at FROM customers WHERE customer_id = 'b'")
    return due_at is not None and due_at <= house.context.clock.now()


async def test_accounts_that_an_older_worker_settled_after_the_migration_are_settled_anew_once(house):
    await live(house, STORY)
    worker = house.database.worker
    await settle_older_anew(house.context)
    assert not await apply_some(house.context)  # a new shop begins under the present law
    await worker.execute("UPDATE cutoffs SET (changed_in, recomputed_at, meaning) = (1, now(), DEFAULT)")
    await worker.execute("UPDATE customers SET available = available + 9, due_at = NULL WHERE customer_id = 'b'")

    for _ in range(2):
        await settle_older_anew(house.context)
        done = await verify_shop(house.context, SHOP)
        assert (done.different, done.waiting) == (0, 1)
    await until_recomputed(house)
    assert await is_due(house)
    await settle_older_anew(house.context)
    assert not await apply_some(house.context)
