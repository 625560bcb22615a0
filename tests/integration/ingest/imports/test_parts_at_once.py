"""Parts of one shop that arrive at the same time, at two replicas: each row counts whole or not at all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from harness.importing import ORDERS, begin, csv_of, imported, parts_of, send_part
from harness.in_process import in_process
from harness.ingest_service import SERVICE, Ingest
from ingest.hallway.group_commit import Busy
from ingest.hallway.part_turns import PartTurns
from mandegar.database import answering_within

AS_OF = {"as_of": "2026-11-01T00:00:00Z"}
CLUB = "customer_id,points,tier,tier_until"


async def at_once(ingest: Ingest, kind: str, text: str, rows: int = 1, **fields: Any) -> list[int]:
    """The lines that are refused of a file whose parts come at once, at two replicas."""
    import_id = (await begin(ingest, kind, text, **fields)).json()["import_id"]
    async with in_process(SERVICE, ingest.database, ingest.clock.now()) as parts:
        replicas = (ingest, Ingest(*parts))
        sent = [
            send_part(replicas[number % 2], import_id, part, line)
            for number, (line, part) in enumerate(parts_of(text, rows))
        ]
        answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {200}
    return sorted({error["line"] for answer in answers for error in answer.json()["errors"] if error["refused"]})


async def test_of_corrections_that_contradict_each_other_one_counts_with_all_that_its_row_states(ingest):
    before = csv_of(CLUB, *(f"c-{number},100,gold,2027-01-01" for number in range(4)))
    await imported(ingest, "customers", before, **AS_OF)
    await ingest.news()
    ingest.clock.advance(timedelta(hours=1))
    # Another end of the same tier, another tier, another balance: the first two begin with the same statement.
    stated = [(200, "gold", "2028-01-01"), (300, "silver", "2027-06-01"), (400, "bronze", "2027-01-01")]
    rows = [(f"c-{number}", *row) for row in stated for number in range(4)]
    refused = await at_once(ingest, "customers", csv_of(CLUB, *(",".join(map(str, row)) for row in rows)), **AS_OF)

    assert len(refused) == 8
    news = await ingest.news()
    for line, (customer, points, tier, until) in enumerate(rows, start=2):
        if line not in refused:
            mine = [event for event in news if event.customer_id == customer]
            assert [event.data.points for event in mine if event.type == "points.opened"] == [points]
            tiers = [event.data for event in mine if event.type == "tier.granted"]
            granted = {(each.tier, f"{each.until:%F}") for each in tiers if each.until > ingest.clock.now()}
            assert {(name, end[:7]) for name, end in granted} == {(tier, until[:7])}


@pytest.mark.parametrize("rows_of_a_part", [1, 100])
async def test_an_order_that_is_stated_differently_is_refunded_by_the_row_that_counts(ingest, rows_of_a_part):
    """In parts of their own or in one part: rows of one order that do not follow each other."""
    header = f"{ORDERS},refund_id,refunded"
    rows = [
        f"{order},c-1,2026-01-02T10:00:00Z,{number}000000,IRR,r-{order}-{number},{number}00"
        for number in range(1, 7)
        for order in ("o-1", f"other-{number}")
    ]
    refused = await at_once(ingest, "orders", csv_of(header, *rows), rows_of_a_part)
    news = await ingest.news()
    [total] = [event.data.total for event in news if event.type == "order.paid" and event.data.order_id == "o-1"]
    [refund] = [
        event.data.refund_id for event in news if event.type == "refund.issued" and event.data.order_id == "o-1"
    ]
    assert (len(refused), refund) == (5, f"r-o-1-{total // 1_000_000}")


async def test_a_part_has_its_turn_for_longer_than_an_answer_may_take(ingest):
    turns = PartTurns(ingest.context.worker)
    with answering_within(0.2):
        async with turns.turn("atlas"):
            await asyncio.sleep(0.5)


async def test_whoever_waits_too_long_for_another_part_is_told_so_and_another_shop_does_not_wait(ingest, monkeypatch):
    monkeypatch.setattr("ingest.hallway.part_turns._WAITS_SECONDS", 0.3)
    here, elsewhere = PartTurns(ingest.context.worker), PartTurns(ingest.context.worker)
    async with here.turn("atlas"):
        for replica in (here, elsewhere):
            with pytest.raises(Busy):
                async with replica.turn("atlas"):
                    pass
            async with replica.turn("bahar"):
                pass
    async with elsewhere.turn("atlas"):
        pass
