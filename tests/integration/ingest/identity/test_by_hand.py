"""A shop merges two ids of one person, and takes one back for what comes later."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise, permutations
from typing import Any

import pytest

from builders.people import MAIL, guest, paid, viewed
from harness.ingest_service import Ingest
from harness.worth import roots_of, worth
from ingest.context import extend
from mandegar.database import transaction

SCOPE = "customers:merge"


async def merge(ingest: Ingest, customer: str, alias: str) -> tuple[int, str]:
    """The HTTP status, and the status or code of the answer."""
    answer = await ingest.ask("POST", f"/v1/customers/{customer}/merge", SCOPE, json={"alias": alias})
    body = answer.json()
    return answer.status_code, body.get("code") or body["status"]


async def split(ingest: Ingest, alias: str) -> Any:
    return await ingest.ask("POST", f"/v1/customers/{alias}/split", SCOPE)


async def stored_roots(ingest: Ingest) -> dict[str, str]:
    rows = await ingest.database.worker.fetch("SELECT customer_id, merged_into FROM customers")
    return {row["customer_id"]: row["merged_into"] for row in rows if row["merged_into"] is not None}


async def acting(ingest: Ingest, *customers: str) -> None:
    await ingest.send([viewed(f"first-{customer}", {"id": customer}) for customer in customers])


async def test_two_accounts_are_one_from_then_on(ingest):
    await acting(ingest, "c-1", "c-2")
    assert await merge(ingest, "c-1", "c-2") == (200, "merged")
    assert await ingest.results(viewed("1", {"id": "c-2"}, 1)) == [("accepted", "merged_customer")]

    news = await ingest.news()
    assert roots_of(news) == {"c-2": "c-1"}
    assert [event.customer_id for event in news if event.type == "customer.merged"] == ["c-2", "c-1"]
    assert news[-1].customer_id == "c-1"


async def test_each_odd_merge_has_its_answer_and_changes_nothing(ingest):
    await acting(ingest, "c-1", "c-2", "c-3")
    await ingest.send([viewed("g", {"email": MAIL}), viewed("a", {"anonymous_id": "b-7"})])
    await merge(ingest, "c-1", "c-2")
    before = await stored_roots(ingest)
    await ingest.news()

    mine = guest(ingest.context.identity_key)
    assert await merge(ingest, "c-1", "c-1") == (422, "same_customer")
    assert await merge(ingest, "c-2", "c-2") == (422, "same_customer")
    assert await merge(ingest, "c-1", "c-2") == (200, "already_merged")
    assert await merge(ingest, "c-2", "c-1") == (200, "already_merged")  # a circle
    assert await merge(ingest, "c-3", "c-2") == (409, "alias_of_another")
    assert await merge(ingest, "nobody", "c-3") == (404, "unknown_customer")
    assert await merge(ingest, "c-3", "nobody") == (404, "unknown_customer")
    assert await merge(ingest, "guest", "c-3") == (404, "unknown_customer")
    assert await merge(ingest, "c-3", "null") == (404, "unknown_customer")
    assert await merge(ingest, "c-3", "x" * 300) == (404, "unknown_customer")
    assert await merge(ingest, mine, "c-3") == (422, "alias_ranks_higher")
    assert await merge(ingest, "a_b-7", mine) == (422, "alias_ranks_higher")
    assert await stored_roots(ingest) == before
    assert await ingest.news() == []


async def test_a_merge_knows_addresses_as_reads_do(ingest):
    await acting(ingest, "c-1")
    await ingest.send(paid("o", {"email": MAIL}))
    assert await merge(ingest, "c-1", " SARA@example.com") == (200, "merged")
    assert worth(await ingest.news()) == {"o": {"c-1": 100}}


async def test_other_shops_and_customers_themselves_merge_nobody(ingest):
    await acting(ingest, "c-1", "c-2")
    body = {"json": {"alias": "c-2"}}
    elsewhere = await ingest.ask("POST", "/v1/customers/c-1/merge", SCOPE, shop="borea", **body)
    reader = await ingest.ask("POST", "/v1/customers/c-1/merge", "customers:read", **body)
    herself = await ingest.ask("POST", "/v1/customers/c-1/merge", f"{SCOPE} customers:read", subject="c-1", **body)
    misspelt = await ingest.ask("POST", "/v1/customers/c-1/merge", SCOPE, json={"alias": "c-2", "root": "c-1"})

    assert [answer.status_code for answer in (elsewhere, reader, herself, misspelt)] == [404, 403, 403, 422]
    assert await stored_roots(ingest) == {}


@pytest.mark.parametrize("order", list(permutations([("c-2", "c-1"), ("c-3", "c-2"), ("c-4", "c-3"), ("c-1", "c-4")])))
async def test_chains_and_circles_end_at_one_root(ingest, order):
    await acting(ingest, "c-1", "c-2", "c-3", "c-4")
    for customer, alias in order:
        assert (await merge(ingest, customer, alias))[0] == 200

    roots = await stored_roots(ingest)
    assert len(roots) == 3
    assert len(set(roots.values())) == 1
    assert roots_of(await ingest.news()).keys() == roots.keys()


async def test_merges_from_two_replicas_at_once_end_at_one_root(ingest: Ingest):
    """Both merge a circle, each from its own end, while one browser is identified as all of them at each door."""
    ids = [f"c-{number}" for number in range(6)]
    await acting(ingest, *ids)
    pairs = [*pairwise(ids), (ids[-1], ids[0])]

    async def door(commits: Any) -> None:
        for number, one in enumerate(ids):
            await commits.submit(ingest.arrivals([viewed(f"d{number}", {"id": one, "anonymous_id": "b-7"})]))

    async def by_hand(pairs: Iterable[tuple[str, str]]) -> set[int]:
        return {(await merge(ingest, one, two))[0] for one, two in pairs}

    answers = await asyncio.gather(
        by_hand(pairs),
        by_hand(reversed(pairs)),
        door(ingest.context.commits),
        door(extend(ingest.context).commits),
    )
    assert answers[:2] == [{200}, {200}]
    roots = await stored_roots(ingest)
    assert len(roots) == 6
    assert len(set(roots.values())) == 1
    news = await ingest.news()
    found = roots_of(news)
    assert {one: end for one in found for end in [_end(one, found)]} == roots


def _end(one: str, roots: dict[str, str]) -> str:
    while one in roots:
        one = roots[one]
    return one


async def test_ten_thousand_aliases_cost_each_merge_no_more(ingest: Ingest):
    """Merging another one reads and writes rows of that one alone."""
    await acting(ingest, "c-1", "c-2")
    async with transaction(ingest.database.worker) as connection:
        await connection.execute(
            """
            INSERT INTO customers (shop, customer_id, partition, merged_into, merge_version)
            SELECT 'atlas', 'a_' || n, 0, 'c-1', 1 FROM generate_series(1, 10000) n
            """
        )
    written = "SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'customers'"
    assert await merge(ingest, "c-1", "c-2") == (200, "merged")
    async with transaction(ingest.database.worker) as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        changed = await connection.fetchval(written)
    assert changed < 10
    await ingest.send([viewed("1", {"id": "c-2"}, 1)])
    history = await ingest.ask("GET", "/v1/customers/a_77/events")
    assert sorted(event["customer_id"] for event in history.json()["events"]) == ["c-1", "c-2", "c-2"]


async def test_a_split_takes_back_what_comes_later_and_says_what_it_does_not(ingest):
    await acting(ingest, "c-1", "c-2")
    await ingest.send(paid("o", {"id": "c-2"}))
    await merge(ingest, "c-1", "c-2")
    answer = await split(ingest, "c-2")
    await ingest.send([viewed("1", {"id": "c-2"}, 1), paid("p", {"id": "c-2"}, 2)])
    refund = {"refund_id": "r", "order_id": "o", "currency": "IRR", "amount": 30}
    await ingest.send({**viewed("r", {"id": "c-2"}, 3), "type": "refund.issued", "data": refund})

    body = answer.json()
    assert (answer.status_code, body["root"], body["version"]) == (200, "c-1", 2)
    assert "cannot be taken apart" in body["kept_by_root"]
    news = await ingest.news()
    (told,) = [event for event in news if event.type == "customer.split"]
    assert (told.customer_id, told.data.alias, told.data.root, told.data.version) == ("c-2", "c-2", "c-1", 2)
    # The first order is c-1's since the merge; the split has taken nothing back.
    held = worth([event for event in news if event.type != "customer.split"])
    assert held["o"] == {"c-1": 70}
    assert next(event for event in news if event.type == "refund.issued").customer_id == "c-1"
    assert (
        next(event.customer_id for event in news if event.type == "order.paid" and event.data.order_id == "p") == "c-2"
    )


async def test_what_was_split_by_hand_is_merged_by_hand_alone(ingest):
    await ingest.send([viewed("1", {"email": MAIL}), viewed("2", {"id": "c-1", "email": MAIL}, 1)])
    mine = guest(ingest.context.identity_key)
    assert (await split(ingest, mine)).status_code == 200
    assert (await split(ingest, mine)).status_code == 409
    assert (await split(ingest, "nobody")).status_code == 404
    await ingest.send([viewed("3", {"email": MAIL}, 2), viewed("4", {"id": "c-1", "email": MAIL}, 3)])
    statement = {**viewed("5", {"id": "c-1"}, 4), "type": "customer.identified", "data": {"email": MAIL}}
    assert await ingest.results(statement) == [("accepted", "identity_kept")]
    assert await stored_roots(ingest) == {}

    assert await merge(ingest, "c-1", mine) == (200, "merged")
    merges = [event.data.version for event in await ingest.news() if event.type == "customer.merged"]
    assert merges == [1, 1, 3, 3]


async def test_a_history_has_what_was_sent_under_every_id(ingest):
    await acting(ingest, "c-1", "c-2")
    await ingest.send([viewed("1", {"anonymous_id": "b-7"}, 1), viewed("2", {"id": "c-2", "anonymous_id": "b-7"}, 2)])
    await merge(ingest, "c-1", "c-2")
    await ingest.send([viewed("3", {"id": "c-3", "anonymous_id": "b-7"}, 3), viewed("4", {"anonymous_id": "b-7"}, 4)])

    async def history(customer: str, **params: Any) -> Any:
        return (await ingest.ask("GET", f"/v1/customers/{customer}/events", params=params)).json()

    of_root = await history("c-1")
    assert of_root == {**await history("c-2"), "as_of": of_root["as_of"]}
    assert of_root["customer_id"] == "c-1"
    sent = [(event["id"], event["customer_id"]) for event in of_root["events"]]
    assert sent[:2] == [("2", "c-2"), ("1", "a_b-7")]
    assert set(sent[2:]) == {("first-c-1", "c-1"), ("first-c-2", "c-2")}
    assert [event["id"] for event in (await history("c-3"))["events"]] == ["4", "3"]

    pages, cursor = [], None
    while True:
        page = await history("c-1", limit=1, **({"before": cursor} if cursor else {}))
        pages += [event["id"] for event in page["events"]]
        if (cursor := page["next_before"]) is None:
            break
    assert pages == [id_ for id_, _ in sent]
