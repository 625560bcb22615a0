"""Who is erased by which id, what is answered, and how they come again."""

from uuid import UUID

import pytest

from builders.people import MAIL, guest, paid, viewed
from harness.ingest_service import SHOP, Ingest
from mandegar.events.ingest import LatestErasure


async def erased_ids(ingest: Ingest) -> set[str]:
    rows = await ingest.database.worker.fetch("SELECT customer_id FROM customers WHERE erased_at IS NOT NULL")
    return {row["customer_id"] for row in rows}


async def a_person(ingest: Ingest) -> None:
    """An account with an address, under which a guest acted, a browser, and an id that was merged by hand."""
    await ingest.send([viewed("1", {"email": MAIL}), viewed("2", {"anonymous_id": "b-7"}), viewed("3", {"id": "c-2"})])
    await ingest.send(viewed("4", {"id": "c-1", "email": MAIL, "anonymous_id": "b-7"}, 1))
    await ingest.ask("POST", "/v1/customers/c-1/merge", "customers:merge", json={"alias": "c-2"})


@pytest.mark.parametrize("id_", ["c-1", "c-2", "a_b-7", MAIL, f"%20{MAIL.upper()}"])
async def test_any_id_erases_the_whole_person(ingest, erase, id_):
    await a_person(ingest)
    answer = await erase(id_)
    body = answer.json()
    assert (answer.status_code, body["customer_id"], body["status"]) == (202, "c-1", "erased")
    assert answer.headers["Location"] == f"/v1/erasures/{body['erasure_id']}"
    assert await erased_ids(ingest) == {"c-1", "c-2", "a_b-7", guest(ingest.context.identity_key)}


async def test_an_address_that_nobody_used_as_a_guest_erases_its_account(ingest, erase):
    await ingest.send(viewed("1", {"id": "c-1", "email": MAIL}))
    assert (await erase(MAIL)).json()["customer_id"] == "c-1"


async def test_an_address_of_two_accounts_is_nobody_to_erase(ingest, erase):
    await ingest.send([viewed("1", {"id": "c-1", "email": MAIL}), viewed("2", {"id": "c-2", "email": MAIL})])
    assert (await erase(MAIL)).status_code == 404
    assert await erased_ids(ingest) == set()


async def test_erasing_again_answers_the_same_erasure(ingest, erase):
    await a_person(ingest)
    first = await erase("c-1", finish=False)
    await ingest.news()
    again = [await erase(id_) for id_ in ("c-1", "c-2", MAIL)]
    assert {answer.json()["erasure_id"] for answer in again} == {first.json()["erasure_id"]}
    assert {answer.json()["status"] for answer in again} == {"already_erased"}
    assert {answer.headers["Location"] for answer in again} == {first.headers["Location"]}
    assert await ingest.news() == []


@pytest.mark.parametrize("id_", ["nobody", "null", "x" * 300, "nobody@example.com"])
async def test_an_id_of_nobody_is_told(ingest, erase, readmit, id_):
    for answer in (await erase(id_), await readmit(id_)):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


async def test_the_history_says_that_the_customer_was_erased(ingest, erase):
    await a_person(ingest)
    await erase("c-1")
    for id_ in ("c-1", "c-2", MAIL):
        answer = await ingest.ask("GET", f"/v1/customers/{id_}/events")
        assert (answer.status_code, answer.json()["code"]) == (410, "customer_erased")
    assert MAIL not in answer.text


async def test_who_is_readmitted_begins_anew_above_the_old_versions(ingest, erase, readmit):
    await ingest.send(viewed("1", {"id": "c-1", "email": MAIL, "name": "Sara"}))
    before = await ingest.news()
    erasure = (await erase("c-1")).json()["erasure_id"]
    await ingest.news()

    answer = await readmit("c-1")
    assert (answer.status_code, answer.json()) == (200, {"customer_id": "c-1", "erasure_id": erasure})
    lifted = {event.customer_id: event.data for event in await ingest.news()}
    assert lifted.keys() == {"c-1", guest(ingest.context.identity_key)}
    assert {(data.erasure_id.hex, data.version) for data in lifted.values()} == {(erasure.replace("-", ""), 2)}

    assert await ingest.results(viewed("2", {"id": "c-1", "locale": "fa-IR"}, 1)) == [("accepted", None)]
    news = await ingest.news()
    (contact,) = [event for event in news if event.type == "contact.updated"]
    assert contact.data.email is None
    assert contact.data.name is None
    assert contact.data.version > max(event.data.version for event in before if event.type == "contact.updated")
    assert await ingest.results(viewed("1", {"id": "c-1", "email": MAIL, "name": "Sara"})) == [("duplicate", None)]
    history = (await ingest.ask("GET", "/v1/customers/c-1/events")).json()["events"]
    assert [event["body"] is None for event in history] == [False, True]


@pytest.mark.parametrize("was_erased", ["c-1", "c-2"], ids=["the root", "the alias"])
async def test_a_merge_tells_the_partitions_of_both_what_was_erased_before(ingest, erase, readmit, was_erased):
    """A reader may be behind in the other one: it would erase what the alias gives, or give what was erased."""
    await ingest.send([viewed("1", {"id": "c-1", "email": MAIL}), viewed("2", {"id": "c-2"})])
    erasure = (await erase(was_erased)).json()["erasure_id"]
    await readmit(was_erased)
    (told, *_) = [event for event in await ingest.news() if event.type == "customer.erased"]
    await ingest.ask("POST", "/v1/customers/c-1/merge", "customers:merge", json={"alias": "c-2"})
    merged = [event.data for event in await ingest.news() if event.type == "customer.merged"]

    assert [(data.alias, data.root) for data in merged] == [("c-2", "c-1")] * 2
    if was_erased == "c-1":
        latest = LatestErasure(erasure_id=UUID(erasure), recorded_time=told.recorded_time, ids=2)
        assert [(data.erasures, data.alias_erasures, data.root_erasure) for data in merged] == [(2, 0, latest)] * 2
    else:
        assert [(data.erasures, data.alias_erasures, data.root_erasure) for data in merged] == [(0, 2, None)] * 2


@pytest.mark.parametrize(
    ("order_id", "stays"),
    [
        ("o-17", True),
        ("09121234567", False),
        ("0912-123-4567", False),
        ("x_0912123_4567", False),
        ("h_01234567890123456789012345678901", True),
        ("12345678", True),
        ("ORD/17", False),
    ],
)
async def test_of_orders_the_ids_stay_that_name_nobody(ingest, erase, order_id, stays):
    await ingest.send(paid("1", {"id": "c-1"}, 1))
    await ingest.database.worker.execute("UPDATE events SET order_id = $1", order_id)
    await erase("c-1")
    assert await ingest.database.worker.fetchval("SELECT order_id FROM events") == (order_id if stays else None)


async def test_who_is_erased_again_gets_another_erasure(ingest, erase, readmit):
    await ingest.send(viewed("1", {"id": "c-1"}))
    first = (await erase("c-1")).json()["erasure_id"]
    await readmit("c-1")
    await ingest.send(viewed("2", {"id": "c-1"}, 1))
    await ingest.news()
    second = await erase("c-1")
    assert second.json()["status"] == "erased"
    assert second.json()["erasure_id"] != first
    assert [event.data.version for event in await ingest.news() if event.type == "customer.erased"] == [3]


async def test_who_is_not_erased_is_not_readmitted(ingest, erase, readmit):
    await ingest.send(viewed("1", {"id": "c-1"}))
    assert (await readmit("c-1")).json()["code"] == "not_erased"
    await erase("c-1", finish=False)
    assert (await readmit("c-1")).json()["code"] == "erasure_under_way"
    await erase("c-1")
    assert (await readmit("c-1")).status_code == 200
    assert (await readmit("c-1")).json()["code"] == "not_erased"


async def test_a_guest_who_was_erased_alone_is_erased_with_the_account_later(ingest, erase):
    await ingest.send(paid("o-1", {"email": MAIL}))
    await erase(MAIL)
    await ingest.send(viewed("2", {"id": "c-1", "email": MAIL}, 1))
    assert await erased_ids(ingest) == {guest(ingest.context.identity_key)}
    await erase("c-1")
    versions = await ingest.database.worker.fetch("SELECT erasure_version FROM customers")
    assert {row["erasure_version"] for row in versions} == {2}


async def test_the_erasure_says_what_it_removed(ingest, erase):
    await a_person(ingest)
    answer = await erase("c-1")
    told = await ingest.get(answer.headers["Location"], scope="customers:erase", shop="atlas")
    assert told.status_code == 200, told.text
    body = told.json()
    assert "events" in {each["what"] for each in body["removed"]}


async def test_somebody_with_thousands_of_browsers_is_erased_with_one_request(ingest, erase):
    await ingest.send(viewed("1", {"id": "c-1"}))
    await ingest.database.worker.execute(
        """
        WITH browsers AS (
            INSERT INTO browser_customers (shop, browser_id, at, customer_id)
            SELECT $1, 'a_' || n, now() - interval '1 day', 'c-1' FROM generate_series(1, 6000) AS n
            RETURNING shop, browser_id
        )
        INSERT INTO customers (shop, customer_id, partition, alias_of, merged_into, merge_version)
        SELECT shop, browser_id, 0, 'c-1', 'c-1', 1 FROM browsers
        """,
        SHOP,
    )
    answer = await erase("a_77", finish=False)

    assert (answer.status_code, answer.json()["customer_id"]) == (202, "c-1")
    assert len(await erased_ids(ingest)) == 6_001
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM browser_customers") == 0
