"""A new programme version reaches customers who do nothing."""

import asyncio
from datetime import timedelta

from builders.orders import paid
from harness.locking import until_waiting
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import due_no_later_than
from mandegar.database import transaction
from mandegar.documents import recompute

PROGRAMME = """\
version: 1
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: friend, spend: 0}, {name: star, spend: 10000000}]}
"""


async def test_every_customer_is_settled_when_the_version_begins(loyalty, monkeypatch):
    monkeypatch.setattr(recompute, "CUSTOMERS_AT_ONCE", 3)
    await loyalty.deliver(*(paid(f"o{n}", 1_500_000 * (n + 1), customer=f"c{n}") for n in range(8)))
    begins = loyalty.clock.now() + timedelta(days=2)
    assert (await loyalty.put_programme(PROGRAMME, effective_from=begins.isoformat())).status_code == 201

    while await recompute.recompute_some(loyalty.context, PROGRAMMES, due_no_later_than):
        pass
    assert [said.type for said in await loyalty.news()] == ["programme.changed"]
    early = await loyalty.pass_time(days=1)
    moves = await loyalty.pass_time(days=1)

    assert early == []
    assert {(event.customer_id, event.data.tier) for event in moves} == {
        (f"c{n}", "star" if n >= 6 else "friend") for n in range(8)
    }
    assert {event.time for event in moves} == {begins}


async def test_without_a_new_version_there_is_nobody_to_recompute(loyalty):
    await loyalty.deliver(paid("o"))

    assert await recompute.recompute_some(loyalty.context, PROGRAMMES, due_no_later_than) is False


async def test_who_becomes_an_alias_while_their_page_is_locked_is_not_made_due(loyalty):
    await loyalty.deliver(*(paid(f"o{n}", 1_500_000, customer=f"c{n}") for n in range(2)))
    begins = loyalty.clock.now() + timedelta(days=2)
    await loyalty.put_programme(PROGRAMME, effective_from=begins.isoformat())

    async with transaction(loyalty.database.worker) as merge:
        await merge.execute("UPDATE customers SET merged_into = 'c0', due_at = NULL WHERE customer_id = 'c1'")
        page = asyncio.create_task(recompute.recompute_some(loyalty.context, PROGRAMMES, due_no_later_than))
        await until_waiting(loyalty.database.worker, 1)
    await page

    due = await loyalty.database.worker.fetch("SELECT customer_id FROM customers WHERE due_at <= $1", begins)
    assert [row["customer_id"] for row in due] == ["c0"]
