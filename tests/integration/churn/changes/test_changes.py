"""A reader of changes has a true copy of the shop's customers, whatever happens and whenever they look."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from builders.customers import viewed
from builders.erasures import erased, readmitted
from builders.events import event
from builders.merges import merges, split
from builders.orders import cancelled, paid, refund
from builders.points import posted, tier_changed
from churn.changes.mark import mark_now
from churn.changes.renumber import renumber_some
from churn.changes.rows import timeline_of
from harness.churn_service import Churn
from harness.in_process import SHOP
from harness.segmenting import brought_over, put
from mandegar.database import transaction
from mandegar.database.pool import Connection
from mandegar.events.ingest import TicketChanged

pytestmark = pytest.mark.integration

ROUTE = "/v1/customers:changed"


class Copy:
    """What a reader has put together of the answers, each of which begins where the last one ended."""

    def __init__(self, churn: Churn, limit: int = 200) -> None:
        self.churn, self.limit, self.cursor = churn, limit, None
        self.customers: dict[str, dict[str, Any]] = {}

    async def read_on(self) -> list[str]:
        """Who has changed since; in other databases of the server nobody may be writing meanwhile."""
        await everything_has_ended(self.churn)
        seen: list[str] = []
        more = True
        while more:
            query = {"limit": self.limit} | ({} if self.cursor is None else {"since": self.cursor})
            answer = await self.churn.get(ROUTE, **query)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            seen += [customer["customer_id"] for customer in body["customers"]]
            self.customers |= {customer["customer_id"]: customer for customer in body["customers"]}
            self.cursor, more = body["next_cursor"], body["more"]
        return seen


async def everything_has_ended(churn: Churn) -> None:
    """Transactions of other tests, which hold the walk up, have ended."""
    async with transaction(churn.database.worker) as connection:
        own = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    while True:
        async with transaction(churn.database.worker) as connection:
            if await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") > own:
                return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def an_open_transaction(churn: Churn, customer: str) -> AsyncIterator[Connection]:
    """Customer ``customer`` has changed, which is not committed until the end of the block."""
    async with transaction(churn.database.worker) as connection:
        await connection.execute(
            "UPDATE customers SET value_at_risk = value_at_risk + 1 WHERE shop = $1 AND customer_id = $2",
            SHOP,
            customer,
        )
        yield connection


@pytest.mark.parametrize("seed", range(3))
async def test_a_copy_is_what_a_first_walk_tells_whatever_happened_in_between(churn, seed):
    random = Random(seed)
    names = ["c", "d", "g_1", "g_2", "e"]
    await put(churn, "twice", "{orders: {at_least: 2}}")
    await brought_over(churn)
    copy = Copy(churn, limit=2)
    for version in range(1, 41):
        customer, other = random.choice(names), f"o{random.randrange(version)}"
        events = random.choice(
            [
                [paid(f"o{version}", 100 + version, customer=customer, days=-random.randrange(300))],
                [paid(f"o{version}", 10, customer=customer)],
                [viewed(f"v{version}", customer=customer)],
                [cancelled(other, customer=customer, version=version + 1)],
                [refund(f"r{version}", 5, other, customer=customer)],
                merges(random.choice(["g_1", "g_2"]), "c", version),
                [split(random.choice(["g_1", "g_2"]), "c", version)],
                [erased("e", version)],
                [readmitted("e", version)],
            ]
        )
        await churn.deliver(*events)
        if version % 3 == 0:
            await churn.deliver_card(
                tier_changed(version, random.choice("ABC"), customer=customer, name=f"t{version}"),
                topic="loyalty.events",
            )
        if version % 5 == 0:
            await churn.pass_time(days=random.choice([0, 9, 60]))
        if random.random() < 0.4:
            seen = await copy.read_on()
            assert len(seen) == len({*seen})
    await copy.read_on()

    first = Copy(churn)
    assert sorted(await first.read_on()) == sorted({*copy.customers})
    assert copy.customers == first.customers
    assert await copy.read_on() == []
    assert await churn.invariant_violations() == []


async def test_what_only_looks_at_the_shop_is_no_change_and_a_tier_or_segment_is(churn):
    await put(churn, "twice", "{orders: {at_least: 2}}")
    await brought_over(churn)
    await churn.deliver(paid("a"), paid("b", customer="d", days=-3))
    copy = Copy(churn)
    assert sorted(await copy.read_on()) == ["c", "d"]

    await churn.deliver(viewed("v"))
    await churn.deliver_card(posted(5, 1, tier="gold", name="p1"), topic="loyalty.events")
    assert await copy.read_on() == ["c"]
    await churn.deliver_card(posted(9, 2, tier="gold", name="p2"), topic="loyalty.events")
    assert await copy.read_on() == []
    await churn.deliver(paid("b2", customer="d", days=-3))
    assert await copy.read_on() == ["d"]
    await churn.deliver(event("ticket.opened", TicketChanged(ticket_id="t")))
    assert await copy.read_on() == ["c"]
    assert copy.customers["c"]["segments"] == ["new", "recently_complained"]
    assert (copy.customers["c"]["tier"], copy.customers["d"]["segments"]) == ("gold", ["new", "twice"])
    assert copy.customers["c"]["value_at_risk"] == (await churn.risk())["value_at_risk"]


async def test_who_is_merged_or_erased_is_told_with_nothing_else(churn):
    await churn.deliver(paid("a", customer="g_1"), paid("b", customer="d"))
    copy = Copy(churn)
    await copy.read_on()
    await churn.deliver(*merges("g_1", "c", 1), erased("d", 1))

    assert sorted(await copy.read_on()) == ["c", "d", "g_1"]
    of_nobody = {"band": None, "band_since": None, "value_at_risk": None, "tier": None, "segments": []}
    assert copy.customers["g_1"] == {"customer_id": "g_1", "merged_into": "c", "erased": False, **of_nobody}
    assert copy.customers["d"] == {"customer_id": "d", "merged_into": None, "erased": True, **of_nobody}
    assert copy.customers["c"]["band"] == "healthy"


async def test_a_change_that_commits_after_a_later_one_is_not_missed(churn):
    await churn.deliver(paid("a", customer="c"), paid("b", customer="d"))
    copy = Copy(churn)
    await copy.read_on()
    async with an_open_transaction(churn, "c"):
        async with an_open_transaction(churn, "d"):
            pass
        answer = (await churn.get(ROUTE, since=copy.cursor)).json()
        assert (answer["customers"], answer["more"], answer["next_cursor"]) == ([], False, copy.cursor)

    assert await copy.read_on() == ["c", "d"]


async def test_a_reader_is_told_since_when_the_list_is_held_up(churn, make_database):
    await churn.deliver(paid("a"))
    assert (await churn.get(ROUTE)).json()["complete_until"] is None
    elsewhere = await make_database("notify")
    await mark_now(churn.context)
    begun = churn.clock.now()
    copy = Copy(churn)
    await copy.read_on()
    async with transaction(elsewhere.worker) as connection:
        await connection.execute("SELECT pg_current_xact_id()")
        await churn.pass_time(hours=3)
        await churn.deliver(paid("b", customer="d"))
        await mark_now(churn.context)
        held = (await churn.get(ROUTE, since=copy.cursor)).json()
    assert await copy.read_on() == ["d"]
    free = (await churn.get(ROUTE, since=copy.cursor)).json()
    await churn.pass_time(days=2)
    await mark_now(churn.context)

    assert (held["customers"], datetime.fromisoformat(held["complete_until"])) == ([], begun)
    assert datetime.fromisoformat(free["complete_until"]) == begun + timedelta(hours=3)
    assert await churn.database.worker.fetchval("SELECT count(*) FROM change_marks") == 1


async def test_when_a_band_began_is_a_change_of_its_own(churn):
    await churn.deliver(paid("a"))
    copy = Copy(churn)
    await copy.read_on()
    async with transaction(churn.database.worker) as connection:
        await connection.execute("UPDATE customers SET band_since = band_since + interval '1 day'")

    assert await copy.read_on() == ["c"]


async def test_a_dump_that_is_restored_beside_its_database_has_other_cursors(churn, make_database):
    beside = await make_database("churn")
    async with transaction(churn.database.worker) as one, transaction(beside.worker) as other:
        own = await timeline_of(one)
        assert own != await timeline_of(other)
    async with transaction(churn.database.worker) as again:
        assert own == await timeline_of(again)


async def test_another_shop_is_told_nothing(churn):
    await churn.deliver(paid("a"), paid("b", customer="evil", shop="evil"))
    copy = Copy(churn)

    assert await copy.read_on() == ["c"]


async def test_numbers_of_another_cluster_become_numbers_of_this_one(churn):
    await churn.deliver(paid("a"), paid("b", customer="d"))
    await churn.deliver_card(posted(5, 1, customer="d"), topic="loyalty.events")
    async with transaction(churn.database.worker) as connection:
        for table in ("customers", "cards"):
            await connection.execute(f"UPDATE {table} SET changed_in = changed_in + (1::bigint << 40)")
    copy = Copy(churn)
    assert await copy.read_on() == []

    assert not await renumber_some(churn.context)
    assert sorted(await copy.read_on()) == ["c", "d"]
    assert not await renumber_some(churn.context)
    assert await copy.read_on() == []


@pytest.mark.parametrize("cursor", ["", "~", "x~c", "1.1~c", "a-1.~", "a-1.1.5~c\0", "9" * 900, "a-1.9e3~c"])
async def test_what_is_no_cursor_of_changes_is_refused(churn, cursor):
    answer = await churn.get(ROUTE, since=cursor)

    assert answer.status_code in {410, 422}, answer.text


async def test_a_cursor_from_before_a_restore_says_so(churn):
    copy = Copy(churn)
    await churn.deliver(paid("a"))
    await copy.read_on()
    assert copy.cursor is not None
    answer = await churn.get(ROUTE, since="0" + copy.cursor)

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
