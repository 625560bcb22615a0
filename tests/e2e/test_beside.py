"""The lane beside in the process of a service: it is killed, frozen out, drained, and nothing is lost or doubled."""

import asyncio
from datetime import timedelta

from builders.events import NOON
from builders.orders import paid
from builders.shops import shop_updated
from harness.processes import client, service_process
from harness.producing import produce
from harness.waiting import eventually
from mandegar.events import encode
from mandegar.events.topics import INGEST_EVENTS
from mandegar.failpoints import KILLED, StreamFailpoint

CUSTOMERS = 5
ASIDE = """
    INSERT INTO waiting_beside (shop, customer_id, consumer_group, topic, partition, record_offset, event_id, value)
    SELECT shop, $2, 'loyalty', 'ingest.events', 0, 0, $3, $4 FROM shops WHERE shop = $1
"""


async def test_a_worker_that_is_killed_beside_leaves_its_work_to_the_next(make_database, kafka, topic_prefix, tmp_path):
    database = await make_database("loyalty")
    worker = database.worker
    orders = [paid(f"o-{n}", 1_000_000, customer=f"c-{n % CUSTOMERS}") for n in range(20)]
    late = paid("late", 1_000_000, customer="c-1")

    async def rows(table: str) -> int:
        return await worker.fetchval(f"SELECT count(*) FROM {table}")

    environment = {"FAILPOINT": f"{StreamFailpoint.BESIDE_BEFORE_COMMIT}:exit"}
    async with service_process(database, kafka, topic_prefix, tmp_path / "1.log", **environment) as first:
        await produce(kafka, f"{topic_prefix}{INGEST_EVENTS}", orders, lambda n: [shop_updated(n + 1)])
        await eventually(lambda: rows("orders"), lambda count: count == 20)
        # As a batch does: the claim, and the event behind it.
        await worker.execute("INSERT INTO inbox VALUES ($1, 'loyalty', $2)", late.id, NOON + timedelta(days=1))
        await worker.execute(ASIDE, late.shop, late.customer_id, late.id, encode(late))
        await eventually(lambda: asyncio.to_thread(first.child.poll), lambda code: code == KILLED, seconds=20)
    assert (await rows("waiting_beside"), await rows("orders")) == (1, 20)

    async with (
        service_process(database, kafka, topic_prefix, tmp_path / "2.log") as second,
        client(second, shop="*") as http,
    ):
        await eventually(lambda: rows("orders"), lambda count: count == 21)
        said = (await http.get("/v1/stream")).json()
        assert said["waiting_beside"] == {"rows": 0, "customers": 0, "age": 0.0}
        assert second.terminate() == 0
