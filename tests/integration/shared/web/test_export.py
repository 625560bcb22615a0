"""Everything that is held of a person, and what an erasure has removed: told to the shop alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from builders.erasures import erasure_id
from harness.databases import ServiceDatabase
from harness.in_process import in_process
from harness.tokens import token
from harness.toy import order_of
from harness.toy_erasing import ERASING, TABLES, add_visits, erased, note
from harness.toy_merging import both, deliver, merge
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.service.parts import Part, Service, invariant_violations
from mandegar.service.settings import ServiceSettings
from mandegar.web import export


async def letters_to(
    customer: CustomerKey, connection: Any, after: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Two pages of objects that are in no table, of whoever is not a stranger."""
    if customer.shop != "s" or customer.customer_id not in ("c", "alias", "visitor"):
        return [], None
    number = (after or 0) + 1
    return [{"to": customer.customer_id, "number": number}], number if number < 2 else None


def readable(row: Any) -> dict[str, Any]:
    return {"visit": f"«{row['number']}»", "of": row["customer_id"]}


TOY = Service(
    "toy",
    parts=[Part[Any](merge=merge, erase=note, export={"visits": readable}, export_more={"letters": letters_to})],
    settings=ServiceSettings,
    tables=TABLES,
)


@pytest.fixture
async def http(toy: ServiceDatabase) -> AsyncIterator[httpx2.AsyncClient]:
    async with in_process(TOY, toy) as (_, _, _, client):
        yield client


async def get(http: httpx2.AsyncClient, path: str, scope: str, shop: str = "s", subject: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token(shop, scope, subject=subject)}"}
    return await http.get(path, headers=headers)


async def exported(http: httpx2.AsyncClient, customer: str = "c", **more: Any) -> Any:
    return await get(http, f"/v1/customers/{customer}/export", "customers:export", **more)


@pytest.mark.parametrize("asked", ["c", "alias"])
async def test_an_export_has_all_rows_of_every_id_of_the_person(toy, http, monkeypatch, asked):
    monkeypatch.setattr(export, "PAGE", 3)
    await deliver(toy, [order_of("c"), order_of("other"), both("alias", "c")[0]])
    await add_visits(toy, "c", 7)
    await add_visits(toy, "alias", 3)
    await add_visits(toy, "other", 1)
    answer = await exported(http, asked)

    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["service"], document["customer_id"], document["ids"]) == ("toy", "c", ["c", "alias"])
    assert document["erased_at"] is None
    assert document["rows"]["visits"] == [
        {"visit": f"«{number}»", "of": customer}
        for customer, most in (("c", 7), ("alias", 3))
        for number in range(1, most + 1)
    ]
    assert [(row["customer_id"], row["total"]) for row in document["rows"]["customers"]] == [("c", 1), ("alias", 0)]
    assert document["rows"]["letters"] == [
        {"to": customer, "number": number} for customer in ("c", "alias") for number in (1, 2)
    ]


@pytest.mark.parametrize("customer", ["nobody", "%00", "null", "c%2Fd", "' OR 1=1", "x" * 320])
async def test_who_is_unknown_is_404(toy, http, customer):
    assert (await exported(http, customer)).status_code == 404


async def test_another_shop_and_a_browser_are_told_nothing(toy, http):
    await deliver(toy, [order_of("c")])
    assert (await exported(http, shop="evil")).status_code == 404
    assert (await exported(http, subject="c")).status_code == 403
    assert (await get(http, "/v1/customers/c/export", "customers:read")).status_code == 403


async def test_the_export_of_an_erased_person_says_so_and_shows_what_stays(toy, http):
    await deliver(toy, [order_of("c"), erased("c")], subscription=ERASING)
    document = (await exported(http)).json()
    assert document["erased_at"] is not None
    assert document["rows"]["visits"] == []


async def test_an_erasure_is_reported_with_what_it_removed_and_what_stays_and_why(toy, http):
    await deliver(toy, [order_of("c"), both("alias", "c")[0]])
    await add_visits(toy, "alias", 2)
    path = f"/v1/erasures/{erasure_id()}"
    assert (await get(http, path, "customers:erase")).status_code == 404
    await deliver(toy, [erased("c", ids=2, keep_books=True)], subscription=ERASING)
    first = (await get(http, path, "customers:erase")).json()
    await deliver(toy, [erased("alias", ids=2, keep_books=True)], subscription=ERASING)
    second = (await get(http, path, "customers:erase")).json()

    assert (first["ids"], first["applied"], first["complete"]) == (2, 1, False)
    assert (second["ids"], second["applied"], second["complete"]) == (2, 2, True)
    assert second["removed"] == [{"what": "customers", "rows": 1}, {"what": "visits", "rows": 2}]
    assert second["kept"] == [{"what": "amounts", "rows": 1, "why": "for the books"}]
    assert {each["what"] for each in second["remains"]} == {"events on topics", "ids", "ids of applied events"}


@pytest.mark.parametrize("id_", ["7", "null", "%00"])
async def test_what_is_no_erasure_id_is_refused(toy, http, id_):
    assert (await get(http, f"/v1/erasures/{id_}", "customers:erase")).status_code == 422


async def test_an_erasure_is_told_to_its_shop_alone(toy, http):
    await deliver(toy, [erased("c")], subscription=ERASING)
    path = f"/v1/erasures/{erasure_id()}"
    assert (await get(http, path, "customers:erase")).status_code == 200
    assert (await get(http, path, "customers:erase", shop="evil")).status_code == 404
    assert (await get(http, path, "customers:export")).status_code == 403
    assert (await get(http, path, "customers:erase", subject="c")).status_code == 403


async def test_rows_that_a_broken_service_left_of_an_erased_customer_violate_an_invariant(toy):
    await deliver(toy, [order_of("c"), erased("c")], subscription=ERASING)
    async with transaction(toy.worker) as connection:
        assert await invariant_violations(replace(TOY, parts=[]), connection, None) == []
    await add_visits(toy, "c", 1)
    await toy.worker.execute("UPDATE customers SET due_at = now()")
    async with transaction(toy.worker) as connection:
        broken = await invariant_violations(replace(TOY, parts=[]), connection, None)
    assert {each.invariant for each in broken} == {
        "nothing of an erased customer becomes due", "an erased customer has no rows of visits",
    }  # fmt: skip


async def test_whoever_has_no_row_of_their_own_is_exported_if_anything_else_is_held(http):
    """Ingest knows of most customers nothing but events."""
    document = (await exported(http, "visitor")).json()
    assert (document["ids"], document["erased_at"]) == (["visitor"], None)
    assert len(document["rows"]["letters"]) == 2


async def test_an_alias_without_a_root_and_one_that_becomes_due_violate_an_invariant(toy):
    await deliver(toy, [order_of("c"), both("alias", "c")[0], both("other", "c")[0]])
    await toy.worker.execute("UPDATE customers SET due_at = now() WHERE customer_id = 'alias'")
    await toy.worker.execute("UPDATE customers SET merged_into = 'nobody' WHERE customer_id = 'other'")
    async with transaction(toy.worker) as connection:
        broken = await invariant_violations(replace(TOY, parts=[]), connection, None)
    assert {tuple(each) for each in broken} == {
        ("nothing of an alias becomes due", "s:alias"), ("an alias has a root, which is none", "s:other"),
    }  # fmt: skip
