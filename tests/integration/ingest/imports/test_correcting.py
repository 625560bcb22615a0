"""A corrected file: what an earlier one brought along is corrected, dated when the later import began."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from harness.importing import begin, csv_of, errors_of, imported, parts_of, send_part
from harness.ingest_service import SETTINGS, SHOP, Ingest
from mandegar.quantities import from_us

AS_OF = {"as_of": "2026-11-01T00:00:00Z"}
LOTS = "customer_id,lot_id,points,expires"
CLUB = "customer_id,joined_at,name,points,points_expire,tier,tier_until"


async def next_file(ingest: Ingest, kind: str, text: str, **fields: Any) -> dict[str, Any]:
    ingest.clock.advance(timedelta(hours=1))
    return await imported(ingest, kind, text, **AS_OF, **fields)


async def stated(ingest: Ingest, type_: str = "points.opened") -> list[Any]:
    return [event for event in await ingest.news() if event.type == type_]


async def test_whatever_files_state_in_turn_each_lot_is_what_the_last_one_says(ingest):
    """Lots come, change, are taken back and come again; parts arrive in any order, and more than once."""
    random = Random(97)
    wanted: dict[str, tuple[int, date]] = {}
    written: dict[str, tuple[Any, ...]] = {}
    for number in range(5):
        lots = random.sample(range(60), 40)
        rows = {f"l-{lot}": (random.choice([0, 0, 100, 250]), date(2027, 1 + random.randrange(2), 1)) for lot in lots}
        text = csv_of(
            LOTS, *(f"c-{lot[2:]},{lot},{points},{end}" for lot, (points, end) in rows.items()), f"# {number}"
        )
        ingest.clock.advance(timedelta(hours=1))
        import_id = (await begin(ingest, "points", text, **AS_OF)).json()["import_id"]
        parts = parts_of(text, 7) * 2
        random.shuffle(parts)
        for line, part in parts:
            assert (await send_part(ingest, import_id, part, line)).status_code == 200
        ended = (await ingest.ask("POST", f"/v1/imports/{import_id}/finish")).json()
        changes = {lot for lot, said in rows.items() if said != wanted.get(lot, (0, said[1]))}
        assert ended["totals"]["corrected"] == len(changes & wanted.keys())
        assert ended["totals"]["refused"] == 1
        wanted |= {lot: said for lot, said in rows.items() if lot in wanted or said[0]}
        news = await stated(ingest)
        assert {event.data.lot_id for event in news} == changes
        for event in news:
            written[event.data.lot_id] = max(
                written.get(event.data.lot_id, ()), (event.time, event.data.points, event.data.expires_at.date())
            )
    assert {lot: said[1:] for lot, said in written.items()} == wanted


async def test_a_balance_of_a_customer_is_corrected_with_its_expiry_and_is_not_a_second_one(ingest):
    await next_file(ingest, "customers", csv_of(CLUB, "c-1,2020-05-01,Sara,1200,2027-03-20,gold,2027-01-01"))
    [first] = await stated(ingest)
    text = csv_of(CLUB, "c-1,2020-05-01,Sara,1500,2028-03-20,gold,2027-06-01")
    tried = await next_file(ingest, "customers", text, dry_run=True)
    assert await ingest.news() == []
    done = await next_file(ingest, "customers", text)
    [second] = (news := await ingest.news()) and [event for event in news if event.type == "points.opened"]
    [tier] = [event for event in news if event.type == "tier.granted"]

    assert tried["totals"] == done["totals"]
    assert (done["totals"]["accepted"], done["totals"]["corrected"], done["totals"]["points_accepted"]) == (1, 1, 1500)
    assert second.data.lot_id == first.data.lot_id
    assert (second.data.points, second.data.expires_at.date(), second.time) == (1500, date(2028, 3, 20), tier.time)
    assert second.time > first.time
    gone = await next_file(ingest, "customers", csv_of(CLUB, "c-1,2020-05-01,Sara,0,,,", "c-2,2020-05-01,Ali,0,,,"))
    assert [(event.customer_id, event.data.points) for event in await stated(ingest)] == [("c-1", 0)]
    assert (gone["totals"]["accepted"], gone["totals"]["corrected"], gone["totals"]["refused"]) == (2, 1, 0)


def written(event: Any) -> datetime:
    """The time by which loyalty compares what was stated of one lot or tier."""
    at = event.data.written_at
    return event.time if at is None else from_us(at)


@pytest.mark.parametrize("stored_by_an_older_build", [False, True])
async def test_files_correct_each_other_while_the_cut_off_lies_ahead_and_once_it_is_over(
    ingest, stored_by_an_older_build
):
    cut_off = ingest.clock.now() + timedelta(hours=5)
    assert (
        await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS | {"points_from": cut_off.isoformat()})
    ).is_success
    said: list[Any] = []
    for points, tier in ((500, "gold"), (300, "silver"), (200, "silver"), (0, ""), (100, "gold")):
        ingest.clock.advance(timedelta(hours=1, minutes=30))
        text = csv_of(CLUB, f"c-1,,,{points},2027-03-20,{tier},{'2027-01-01' if tier else ''}")
        begun = (await begin(ingest, "customers", text)).json()
        again = (await begin(ingest, "customers", text)).json()
        assert again["import_id"] == begun["import_id"]
        if stored_by_an_older_build:
            await ingest.database.worker.execute("UPDATE imports SET as_of = $1", cut_off)
        [(line, part)] = parts_of(text, 9)
        assert (await send_part(ingest, begun["import_id"], part, line)).status_code == 200
        assert (await ingest.ask("POST", f"/v1/imports/{begun['import_id']}/finish")).json()["totals"]["refused"] == 0
        said += await ingest.news()

        lots = sorted([event for event in said if event.type == "points.opened"], key=written)
        assert lots[-1].data.points == points
        assert len({written(event) for event in lots}) == len(lots)
        tiers = sorted([event for event in said if event.type == "tier.granted"], key=written)
        assert tier in {"", tiers[-1].data.tier}
        for ended in {event.data.tier for event in tiers} - {tiers[-1].data.tier}:
            assert [each.data.until for each in tiers if each.data.tier == ended][-1] <= ingest.clock.now()


async def test_what_cannot_be_a_correction_is_refused_with_its_whole_row(ingest):
    await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,100,", "c-2,l-2,100,"))
    await ingest.news()
    lots = await next_file(ingest, "points", csv_of(LOTS, "c-9,l-1,100,", "c-2,l-2,0,"))
    assert [event.data.lot_id for event in await stated(ingest)] == ["l-2"]
    moved = await next_file(ingest, "points", csv_of(LOTS, "c-9,l-2,100,"))

    assert (lots["totals"]["refused"], moved["totals"]["corrected"]) == (1, 1)
    [error] = await errors_of(ingest, lots["import_id"])
    assert (error["line"], error["code"], "for another customer" in error["detail"]) == (2, "id_conflict", True)


async def test_another_join_date_is_left_out_and_the_balance_beside_it_counts(ingest):
    """It is corrected by nothing: a second sign-up would be welcomed a second time."""
    await next_file(ingest, "customers", csv_of(CLUB, "c-1,2020-05-01,Sara,1200,,gold,2027-01-01"))
    await ingest.news()
    done = await next_file(ingest, "customers", csv_of(CLUB, "c-1,1400-02-11,Sarah,1300,,,", "c-2,2021-05-01,Ali,7,,,"))
    alone = await next_file(ingest, "customers", csv_of("customer_id,joined_at", "c-1,2021-05-01"))
    news = await ingest.news()

    assert [event.data.points for event in news if event.type == "points.opened"] == [1300, 7]
    assert [event.customer_id for event in news if event.type == "customer.signed_up"] == ["c-2"]
    codes = {(error["line"], error["code"], error["refused"]) for error in await errors_of(ingest, done["import_id"])}
    assert codes == {(2, "join_date_left_out", False), (2, "profile_left_out", False)}
    assert (done["totals"]["refused"], alone["totals"]["refused"]) == (0, 1)


async def test_two_parts_of_one_file_that_state_a_lot_differently_are_told(ingest):
    """Which of both is right nobody can tell; and an import that goes on does not undo a later one."""
    text = csv_of(LOTS, "c-1,l-1,100,", "c-2,l-2,100,", "c-1,l-1,300,")
    finished = await next_file(ingest, "points", text, rows=1)
    assert (finished["totals"]["accepted"], finished["totals"]["refused"]) == (2, 1)

    ingest.clock.advance(timedelta(hours=1))
    older = (await begin(ingest, "points", csv_of(LOTS, "c-1,l-1,500,"), **AS_OF)).json()["import_id"]
    await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,700,"))
    ingest.clock.advance(timedelta(hours=1))
    late = (await send_part(ingest, older, csv_of(LOTS, "c-1,l-1,500,"), 2)).json()
    assert (late["totals"]["refused"], [error["code"] for error in late["errors"]]) == (1, ["id_conflict"])
    assert "states something else" in late["errors"][0]["detail"]
    assert [event.data.points for event in await stated(ingest)] == [100, 100, 700]


async def test_a_coupon_that_is_corrected_keeps_its_code_and_brings_no_address(ingest):
    header = "customer_id,email,code,amount,currency,expires_at"
    row = "c-1,old@example.test,HELLO-12345,{},IRR,2027-01-01"
    await next_file(ingest, "coupons", csv_of(header, row.format(100000)))
    [first] = await stated(ingest, "coupon.opened")
    await next_file(ingest, "coupons", csv_of(header, row.format(200000)))
    news = await ingest.news()
    [second] = [event for event in news if event.type == "coupon.opened"]

    assert (second.data.coupon_id, second.data.amount) == (first.data.coupon_id, 200000)
    assert [event for event in news if event.type == "contact.updated"] == []


async def test_nothing_of_somebody_who_was_erased_is_corrected(ingest):
    await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,100,"))
    answer = await ingest.ask("DELETE", "/v1/customers/c-1", "customers:erase")
    assert answer.status_code == 202
    await ingest.news()
    done = await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,300,"))
    assert await stated(ingest) == []
    assert done["totals"]["corrected"] == 0


async def test_a_lot_is_corrected_also_when_its_body_is_no_longer_kept(ingest):
    await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,100,", "c-2,l-2,100,"))
    await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,300,"))
    await ingest.database.worker.execute("UPDATE events SET body = NULL")
    await ingest.news()
    done = await next_file(ingest, "points", csv_of(LOTS, "c-1,l-1,400,", "c-2,l-2,100,"))
    same = await next_file(ingest, "points", csv_of(LOTS, "c-2,l-2,100,", "c-1,l-1,400,"))

    assert [(event.data.lot_id, event.data.points) for event in await stated(ingest)] == [("l-1", 400)]
    assert (done["totals"]["corrected"], same["totals"]["known"]) == (1, 2)
