"""Corrected files and their customers: however a person is written, whoever they are by now, in whichever row."""

from datetime import timedelta
from typing import Any

import pytest

from harness.importing import begin, csv_of, errors_of, imported, parts_of, send_part
from harness.ingest_service import SETTINGS, Ingest

AS_OF = {"as_of": "2026-11-01T00:00:00Z"}
LOTS = "customer_id,lot_id,points"
CLUB = "customer_id,points,tier,tier_until"


async def next_file(ingest: Ingest, kind: str, *rows: str, **fields: Any) -> dict[str, Any]:
    ingest.clock.advance(timedelta(hours=1))
    return await imported(ingest, kind, csv_of(*rows), **{**AS_OF, **fields})


async def lots(ingest: Ingest) -> list[tuple[str, int]]:
    """The lots that were told since, and their points."""
    return [(event.data.lot_id, event.data.points) for event in await ingest.news() if event.type == "points.opened"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("customers", "email,points", "Sara@Example.com,100"), ("customers", "email,points", "sara@example.com,150")),
        (("customers", "phone,points", "09121234567,100"), ("customers", "phone,points", "+98 912 123 4567,150")),
        (("customers", "customer_id,points", "c-1,100"), ("points", "customer_id,points", "c-1,150")),
    ],
    ids=["mail", "phone", "kinds"],
)
async def test_a_balance_is_one_lot_however_its_customer_is_written(ingest, first, then):
    await next_file(ingest, *first)
    [(lot, _)] = await lots(ingest)
    corrected = await next_file(ingest, *then)
    assert (corrected["totals"]["corrected"], await lots(ingest)) == (1, [(lot, 150)])
    again = await next_file(ingest, *then, unit="IRR")
    assert (again["totals"]["known"], await lots(ingest)) == (1, [])


async def test_a_balance_that_an_earlier_release_keyed_by_its_text_is_corrected(ingest):
    """Its key of a balance was that of a lot with the same dates."""
    await next_file(ingest, "points", "customer_id,points,expires", "c-1,100,2027-03-20")
    await ingest.database.worker.execute("UPDATE imports SET kind = 'customers'")
    await next_file(ingest, "customers", "customer_id,points,expires", "c-1,150,2027-03-20")
    (first, _), (second, points) = await lots(ingest)
    assert (second, points) == (first, 150)


async def test_what_is_no_longer_kept_is_not_given_to_another_customer(ingest):
    await next_file(ingest, "points", LOTS, "c-1,l-1,100")
    await next_file(ingest, "customers", CLUB, "c-2,5,gold,2027-01-01")
    await ingest.database.worker.execute("UPDATE events SET body = NULL")
    await ingest.news()
    moved = await next_file(ingest, "points", LOTS, "c-9,l-1,100")
    tier = await next_file(ingest, "customers", CLUB, "c-2,6,silver,2027-01-01")
    same = await next_file(ingest, "customers", CLUB, "c-2,5,gold,2027-01-01", unit="IRR")
    assert (moved["totals"]["refused"], tier["totals"]["refused"], same["totals"]["known"]) == (1, 1, 1)
    assert {event.type for event in await ingest.news()} == {"source.closed"}


async def test_of_two_rows_of_a_part_that_state_one_thing_differently_nothing_of_the_second_counts(ingest):
    """Of a row that was known before the file it is no contradiction: it is corrected."""
    await next_file(ingest, "customers", CLUB, "c-2,50,,")
    await ingest.news()
    done = await next_file(
        ingest, "customers", CLUB, "c-1,100,,", "c-1,300,gold,2027-01-01", "c-2,50,,", "c-2,300,,", "c-3,0,,", "c-3,7,,"
    )
    assert [points for _, points in await lots(ingest)] == [100, 300, 7]
    assert (done["totals"]["refused"], done["totals"]["known"], done["totals"]["empty"]) == (1, 1, 1)
    assert [error["line"] for error in await errors_of(ingest, done["import_id"])] == [3]


async def test_0_points_of_a_later_file_stand_against_a_part_of_an_earlier_one_that_comes_after_it(ingest):
    text = csv_of(LOTS, "c-1,l-1,100")
    older = (await begin(ingest, "points", text, **AS_OF)).json()["import_id"]
    await next_file(ingest, "points", LOTS, "c-1,l-1,0")
    [(line, part)] = parts_of(text, 9)
    late = (await send_part(ingest, older, part, line)).json()
    assert (late["totals"]["refused"], [points for _, points in await lots(ingest)]) == (1, [0])


async def test_a_changed_profile_is_left_out_and_the_balance_beside_it_counts(ingest):
    """A file without an instant is of the moment of its import; the next one is of another."""
    header = "customer_id,name,points"
    await imported(ingest, "customers", csv_of("customer_id,name", "c-1,Sara", "c-2,Ali"))
    await ingest.news()
    done = await next_file(ingest, "customers", header, "c-1,Sara,100", "c-2,Alireza,200")
    assert [points for _, points in await lots(ingest)] == [100, 200]
    assert (done["totals"]["accepted"], done["totals"]["refused"]) == (2, 0)
    [note] = await errors_of(ingest, done["import_id"])
    assert (note["line"], note["code"], note["refused"]) == (3, "profile_left_out", False)
    alone = await next_file(ingest, "customers", "customer_id,name", "c-1,Sarah")
    assert alone["totals"]["refused"] == 1


async def test_a_file_as_of_another_instant_states_what_it_stated_before(ingest):
    rows = (LOTS, "c-1,l-1,100", "c-2,l-2,100")
    await next_file(ingest, "points", *rows)
    shop = {**SETTINGS, "points_from": "2026-11-05T00:00:00Z"}
    assert (await ingest.ask("PUT", "/v1/shops/atlas", json=shop)).status_code == 200
    await ingest.news()
    done = await next_file(ingest, "points", LOTS, "c-1,l-1,100", "c-2,l-2,120", as_of="2026-11-05T00:00:00Z")
    assert [points for _, points in await lots(ingest)] == [120]
    assert (done["totals"]["known"], done["totals"]["corrected"], done["totals"]["refused"]) == (1, 1, 0)


async def test_what_nobody_knows_any_more_is_stated_once_more_and_then_known(ingest):
    await next_file(ingest, "points", LOTS, "c-1,l-1,100")
    await ingest.database.worker.execute("UPDATE events SET body = NULL, body_hash = ''")
    await ingest.news()
    for known, told in ((0, [("l-1", 5000)]), (1, [])):
        done = await next_file(ingest, "points", LOTS, "c-1,l-1,5000", unit=("IRR", None)[known])
        assert (done["totals"].get("known", 0), await lots(ingest)) == (known, told)


async def test_a_customer_who_was_merged_is_no_other_one(ingest):
    await next_file(ingest, "points", "email,lot_id,points", "sara@example.com,l-1,100")
    await next_file(ingest, "customers", "customer_id,email", "c-1,sara@example.com")
    await ingest.news()
    done = await next_file(ingest, "points", LOTS, "c-1,l-1,150")
    assert (done["totals"]["corrected"], await lots(ingest)) == (1, [("l-1", 150)])


async def test_a_tier_is_corrected_into_a_lower_one_by_ending_it_first(ingest):
    await next_file(ingest, "customers", CLUB, "c-1,100,gold,2027-01-01")
    [gold] = [event for event in await ingest.news() if event.type == "tier.granted"]
    row = "c-1,120,silver,2027-01-01"
    done = await next_file(ingest, "customers", CLUB, row)
    ended, silver = [event for event in await ingest.news() if event.type == "tier.granted"]
    assert (ended.data.tier, ended.data.until, silver.data.tier) == (gold.data.tier, ended.time, "silver")
    again = await next_file(ingest, "customers", CLUB, row, unit="IRR")
    assert (done["totals"]["corrected"], again["totals"]["known"]) == (1, 1)


async def test_a_coupon_whose_address_alone_has_changed_is_known(ingest):
    header = "customer_id,email,code,amount,currency"
    await next_file(ingest, "coupons", header, "c-1,a@example.com,HELLO-12345,100,IRR")
    done = await next_file(ingest, "coupons", header, "c-1,b@example.com,HELLO-12345,100,IRR")
    assert (done["totals"]["known"], done["totals"]["refused"]) == (1, 0)


async def test_the_file_that_is_imported_last_counts_also_if_it_was_imported_before(ingest):
    rights = ("points", LOTS, "c-1,l-1,100")
    first = await next_file(ingest, *rights)
    known = (await begin(ingest, "points", csv_of(*rights[1:]), **AS_OF)).json()
    await next_file(ingest, "points", LOTS, "c-1,l-1,200")
    last = await next_file(ingest, *rights)
    assert known["import_id"] == first["import_id"] != last["import_id"]
    assert [points for _, points in await lots(ingest)] == [100, 200, 100]
    listed = (await ingest.ask("GET", "/v1/imports")).json()["imports"]
    assert {each["import_id"] for each in listed} > {first["import_id"], last["import_id"]}


async def test_a_dry_run_and_a_file_with_refused_rows_are_read_again(ingest):
    rows = ("points", LOTS, "c-9,l-1,100")
    await next_file(ingest, "points", LOTS, "c-1,l-1,100")
    tried, refused = await next_file(ingest, *rows, dry_run=True), await next_file(ingest, *rows)
    assert (tried["totals"]["refused"], refused["totals"]["refused"]) == (1, 1)
    await next_file(ingest, "points", LOTS, "c-1,l-1,0")
    tried, taken = await next_file(ingest, *rows, dry_run=True), await next_file(ingest, *rows)
    assert (tried["totals"]["corrected"], taken["totals"]["corrected"]) == (1, 1)
