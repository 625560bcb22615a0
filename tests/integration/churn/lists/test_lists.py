"""Lists of customers: whom filters leave, in which order, and that paging meets everybody once."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from builders.orders import paid
from builders.points import posted
from churn.lists import rows
from harness.churn_service import Churn
from harness.segmenting import brought_over, put
from harness.tokens import token


async def a_shop(churn: Churn, customers: int = 40) -> None:
    """Customers in every band, a few of them with equal values and equal days, every third with three orders."""
    for number in range(customers):
        name, first = f"c{number:02}", -700 + 17 * (number // 2 % 20)
        orders = [paid(f"{name}-{order}", 90 + number % 4, days=first + 9 * order, customer=name) for order in range(3)]
        await churn.deliver(*orders[: 3 if number % 3 == 0 else 1])
        if number % 5 == 0:
            await churn.deliver(paid(f"{name}-late", 200, days=-1 - number, customer=name))
    await churn.pass_time()


async def pages(churn: Churn, **query: Any) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    for _ in range(500):
        page = (await churn.get("/v1/customers", **query)).json()
        seen += page["customers"]
        if page["next_cursor"] is None:
            return seen
        query["cursor"] = page["next_cursor"]
    raise AssertionError("the list does not end")


def ids(customers: Sequence[dict[str, Any]]) -> list[str]:
    return [customer["customer_id"] for customer in customers]


@pytest.mark.parametrize("limit", [1, 3, 200])
async def test_a_list_by_the_last_order_has_everybody_of_the_band_once_latest_first(churn, limit):
    await a_shop(churn)
    for band in rows.NOT_HEALTHY:
        by_value = await pages(churn, band=band, limit=200)
        by_order = await pages(churn, band=band, sort="last_order", limit=limit)
        days = [customer["last_order_at"][:10] for customer in by_order]

        assert sorted(ids(by_order)) == sorted(ids(by_value))
        assert days == sorted(days, reverse=True)
    assert await pages(churn, band="lost", limit=200)


@pytest.mark.parametrize("sort", ["risk", "year_value"])
async def test_a_list_by_risk_or_value_has_everybody_of_the_band_once_by_those_of_the_crossing(churn, sort):
    await a_shop(churn)
    for band in rows.NOT_HEALTHY:
        by_stake = await pages(churn, band=band, limit=200)
        found = await pages(churn, band=band, sort=sort, limit=3)
        keys = [Decimal(customer["sorted_by"]) for customer in found]

        assert sorted(ids(found)) == sorted(ids(by_stake))
        assert keys == sorted(keys, reverse=True)
        for customer in found[:3]:
            then = await churn.risk(customer["customer_id"], at=customer["band_since"])
            of_then = then["risk"] if sort == "risk" else then["expected"]["year"]["value"]
            assert float(customer["sorted_by"]) == pytest.approx(float(of_then), rel=1e-4, abs=0.02)
    back = ids(found)[0]
    await churn.deliver(paid("back", days=0, customer=back))
    assert back not in ids(await pages(churn, band=band, sort=sort))
    assert await churn.invariant_violations() == []


@pytest.mark.parametrize("sort", ["last_order", "risk", "year_value"])
@pytest.mark.parametrize("query", [{"band": "healthy"}, {"segment": "champions"}, {"tier": "Gold"}])
async def test_a_list_that_no_index_has_in_this_order_says_so(churn, query, sort):
    await a_shop(churn, 2)
    answer = await churn.get("/v1/customers", sort=sort, **query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_sort")


@pytest.mark.parametrize("walked", [3, 7, 1_000])
async def test_a_list_of_a_segment_has_its_members_of_every_band_by_value(churn, walked, monkeypatch):
    monkeypatch.setattr(rows, "WALKED_MAX", walked)
    await a_shop(churn)
    await put(churn, "thrice", "{orders: {at_least: 3}}")
    await brought_over(churn)
    members = (await churn.get("/v1/segments/thrice/customers", limit=1000)).json()["customers"]
    everybody = [one for band in ("healthy", "cooling", "at_risk", "lost") for one in await pages(churn, band=band)]

    found = await pages(churn, segment="thrice", limit=4)
    values = [Decimal(customer["value_at_risk"]) for customer in found]
    assert sorted(ids(found)) == sorted(member["customer_id"] for member in members)
    assert len({customer["band"] for customer in found}) > 1
    assert values == sorted(values, reverse=True)
    lost = await pages(churn, segment="thrice", band="lost", limit=2)
    of_the_band = {one["customer_id"] for one in everybody if one["band"] == "lost"}
    assert set(ids(lost)) == set(ids(found)) & of_the_band


async def test_a_list_of_a_tier_has_who_has_it_as_loyalty_published_it_last(churn):
    await a_shop(churn, 8)
    told = [("c00", "طلایی", 1), ("c01", "Silver", 1), ("c02", "طلایی", 1), ("c02", "Silver", 2)]
    events = [
        posted(5, version, tier=tier, customer=customer, name=f"{customer}-{version}")
        for customer, tier, version in told
    ]
    await churn.deliver_card(*events, topic="loyalty.events")

    assert ids(await pages(churn, tier="طلایی")) == ["c00"]
    assert sorted(ids(await pages(churn, tier="Silver", limit=1))) == ["c01", "c02"]
    assert await pages(churn, tier="Bronze") == []
    assert (await churn.get("/v1/customers", tier="\0")).status_code == 422


async def test_an_unknown_segment_is_named_as_such(churn):
    answer = await churn.get("/v1/customers", segment="nobody")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_segment")


@pytest.mark.parametrize("cursor", ["", "~", "x~c", "738000~c", "NaN~c", "2026-11-22~\0", "9" * 999])
async def test_what_is_no_cursor_of_this_list_is_refused(churn, cursor):
    answer = await churn.get("/v1/customers", band="lost", sort="last_order", cursor=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_list_as_csv_has_the_lines_of_all_pages(churn, monkeypatch):
    monkeypatch.setattr("churn.lists.routes.CSV_PAGE", 4)
    await a_shop(churn)
    headers = {"Authorization": f"Bearer {token('s', 'customers:read')}", "Accept": "text/csv"}
    answer = await churn.client.get("/v1/customers", params={"band": "lost"}, headers=headers)
    lines = list(csv.DictReader(StringIO(answer.text)))
    listed = await pages(churn, band="lost")

    assert answer.headers["content-type"].startswith("text/csv")
    assert [line["customer_id"] for line in lines] == ids(listed)
    assert [line["value_at_risk"] for line in lines] == [customer["value_at_risk"] for customer in listed]
    assert lines[0]["reason"] == listed[0]["reasons"][0]["text"]
    assert {line["next_band"] for line in lines} == {""}


async def test_who_leaves_a_band_between_two_pages_is_missed_by_nobody_else(churn):
    await a_shop(churn)
    first = (await churn.get("/v1/customers", band="lost", limit=5)).json()
    everybody = ids(await pages(churn, band="lost"))
    back = everybody[5]
    await churn.deliver(paid("again", days=0, customer=back))

    rest = ids(await pages(churn, band="lost", limit=5, cursor=first["next_cursor"]))
    assert ids(first["customers"]) + rest == [each for each in everybody if each != back]


async def test_a_list_shows_a_customer_as_of_now_in_the_order_of_the_crossing(churn):
    await a_shop(churn, 10)
    churn.clock.advance(timedelta(days=1))
    [one] = (await churn.get("/v1/customers", band="lost", limit=1)).json()["customers"]

    assert one["as_of"] > one["value_at_risk_as_of"]
    assert one["last_order_at"] < one["band_since"]
