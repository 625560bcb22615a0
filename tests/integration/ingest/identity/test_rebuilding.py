"""A rebuild from ingest's topics restores aliases, their versions and profiles, and goes on from there."""

from typing import Any

import pytest

from builders.people import MAIL, paid, viewed
from harness.ingest_rebuilding import rebuild
from harness.ingest_service import Ingest, ingest_service
from harness.worth import worth

ALIASES = "SELECT customer_id, merged_into, merge_version FROM customers ORDER BY 1"
SHAPES = {
    "addresses": """
        SELECT DISTINCT guest_id, coalesce(merged_into, customer_id)
        FROM account_addresses LEFT JOIN customers USING (shop, customer_id) ORDER BY 1, 2
    """,
    "versions": "SELECT customer_id, version FROM customers WHERE merged_into IS NULL ORDER BY 1",
    "history": "SELECT event_id, customer_id, received_by FROM events WHERE published ORDER BY 1",
}


async def shape(ingest: Ingest, query: str) -> list[Any]:
    return [tuple(row) for row in await ingest.database.worker.fetch(query)]


async def a_story(ingest: Ingest) -> None:
    await ingest.send(
        [
            viewed("1", {"anonymous_id": "b-7"}, 1),
            paid("o", {"email": MAIL, "name": "Guest"}, 2),
            viewed("2", {"id": "c-1", "name": "Old"}, 3),
            viewed("3", {"id": "c-2", "name": "New", "locale": "fa-IR"}, 4),
        ]
    )
    await ingest.send(viewed("4", {"id": "c-1", "email": MAIL, "anonymous_id": "b-7"}, 5))
    merged = await ingest.ask("POST", "/v1/customers/c-2/merge", "customers:merge", json={"alias": "c-1"})
    assert merged.status_code == 200, merged.text
    await ingest.send([viewed("5", {"anonymous_id": "b-7"}, 6), viewed("6", {"id": "c-1", "zone": "Asia/Tehran"}, 7)])
    await ingest.ask("POST", "/v1/customers/a_b-7/split", "customers:merge")
    await ingest.send(viewed("7", {"anonymous_id": "b-7"}, 8))


@pytest.mark.parametrize("partition_order", [0, 1])
@pytest.mark.parametrize("at_once", [1, 100])
async def test_a_rebuild_restores_who_is_who(ingest, make_database, partition_order, at_once):
    await a_story(ingest)
    events = await ingest.news()
    async with ingest_service(await make_database("ingest")) as other:
        await rebuild(other, events, partition_order, at_once)

        assert await shape(other, ALIASES) == await shape(ingest, ALIASES)
        assert await shape(other, SHAPES["addresses"]) == await shape(ingest, SHAPES["addresses"])
        assert await shape(other, SHAPES["versions"]) == await shape(ingest, SHAPES["versions"])
        profile = "SELECT profile FROM customers WHERE customer_id = 'c-2'"
        fields = (await other.database.worker.fetchval(profile)), await ingest.database.worker.fetchval(profile)
        values = [{name: field[0] for name, field in each.items() if ":" not in name} for each in fields]
        assert values[0] == values[1]
        assert await other.database.worker.fetchval("SELECT profile FROM customers WHERE customer_id = 'c-1'") == {}

        await other.send({**viewed("8", {"id": "c-1"}, 9), "type": "customer.updated", "data": {"name": "Newest"}})
        (snapshot,) = [event for event in await other.news() if event.type == "contact.updated"]
        assert snapshot.customer_id == "c-2"
        assert snapshot.data.version > max(event.data.version for event in events if event.type == "contact.updated")
        await other.send(paid("p", {"email": MAIL}, 10))
        assert worth(events + await other.news()) == {"o": {"c-2": 100}, "p": {"c-2": 100}}
