"""The demo's file, imported as CSV, states what the demo posts through the door."""

import io
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from conftest import MakeDatabase
from harness.importing import imported
from harness.ingest_service import Ingest, ingest_service
from mandegar_local.demo.events import batches, history
from mandegar_local.demo.files import CUSTOMERS, ORDERS, customer_rows, order_rows
from mandegar_local.demo.orders import Order, move_to, read_lines, sample_file

ORIGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOME = 400


def some_orders() -> list[Order]:
    return list(move_to(read_lines(sample_file().read_text()), ORIGIN))[:SOME]


def csv_text(columns: Any, rows: Any) -> str:
    file = io.StringIO()
    for row in (columns, *rows):
        file.write(",".join(row) + "\n")
    return file.getvalue()


async def facts(ingest: Ingest) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """The orders that were published, and the last contact and profile of each customer, without ids and versions."""
    news = await ingest.news()
    orders = [
        (event.customer_id, event.time, event.backfill, event.data) for event in news if event.type == "order.paid"
    ]
    last = {
        kind: {event.customer_id: structs.replace(event.data, version=1) for event in news if event.type == kind}
        for kind in ("contact.updated", "customer.updated")
    }
    return sorted(orders, key=lambda order: order[3].order_id), last["contact.updated"], last["customer.updated"]


async def test_the_demo_as_files_states_what_it_states_by_the_door(make_database: MakeDatabase):
    orders = some_orders()
    async with ingest_service(await make_database("ingest")) as by_door:
        source = await by_door.make_source(historical=True)
        for batch in batches(history(orders), 100):
            assert (await by_door.send([*batch], key=source["key"])).status_code == 202
        door = await facts(by_door)
    async with ingest_service(await make_database("ingest")) as by_file:
        await imported(by_file, "customers", csv_text(CUSTOMERS, customer_rows(orders)))
        await imported(by_file, "orders", csv_text(ORDERS, order_rows(orders)))
        file = await facts(by_file)

    assert len(door[0]) == SOME
    assert file[0] == door[0]
    assert file[1] == door[1]
    assert file[2] == door[2]
