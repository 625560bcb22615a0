"""After a rebuild the same file is known, and the next one goes on under the same source."""

import pytest

from harness.importing import ORDERS, csv_of, imported, order_rows
from harness.ingest_rebuilding import rebuild
from harness.ingest_service import ingest_service

CLUB = csv_of("customer_id,joined_at", *(f"c-{number},2024-05-01" for number in range(5)))


@pytest.mark.parametrize("kind", ["orders", "customers"])
async def test_imports_go_on_after_a_rebuild_and_what_was_imported_stays_known(ingest, make_database, kind):
    orders = csv_of(ORDERS, *order_rows(range(5)))
    file = orders if kind == "orders" else CLUB
    before = await imported(ingest, kind, file)
    events = await ingest.news()
    async with ingest_service(await make_database("ingest")) as other:
        await rebuild(other, events, 0, 100)
        again = await imported(other, kind, file)
        repeated = [event.type for event in await other.news() if event.type != "source.closed"]
        more = await imported(other, "orders", csv_of(ORDERS, *order_rows([7])))
        published = [event for event in await other.news() if event.type == "order.paid"]

    assert again["source_id"] == before["source_id"]
    assert (again["totals"]["accepted"], again["totals"]["known"]) == (5, 5)
    assert repeated == []
    assert more["totals"]["accepted"] == 1
    assert [event.data.order_id for event in published] == ["o-7"]
