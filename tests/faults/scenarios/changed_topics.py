"""F7: records that were applied are deleted by retention while a service is away, and partitions are added live.

A hole before a lane's offset is looked at three times, told as an error and counted; it is never passed in silence.
New partitions are read from their beginning. Adding some re-keys customers, so it is an operator's last resort.
"""

import asyncio
import re
from uuid import uuid4

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete

from faults.drill import Drill
from faults.quiet import wait_until_quiet
from faults.scenario import Scenario
from faults.shop import SHOP
from faults.topics import administration, log_ends
from mandegar.events import Event, encode
from mandegar.events.ingest import Interaction
from mandegar.events.topics import DEFAULT_PARTITIONS, INGEST_EVENTS, partition_key
from mandegar.http_client import HttpClient

NOTICED_WITHIN_SECONDS = 45.0
PARTITION = 2


async def topics_change(drill: Drill) -> None:
    async with drill.load(rate=100, seconds=10):
        await asyncio.sleep(5)
    await wait_until_quiet(drill.stack, drill.say)
    await _applied_records_are_deleted(drill)
    await _partitions_are_added(drill)


async def _applied_records_are_deleted(drill: Drill) -> None:
    """Loyalty's offset is put back behind the beginning of the log, as a restored backup's would be."""
    stack = drill.stack
    await stack.replica("loyalty").worker.end()
    end = (await log_ends(stack.bootstrap))[INGEST_EVENTS, PARTITION]
    async with drill.fault("records deleted", f"{INGEST_EVENTS}-{PARTITION}"):
        async with administration(stack.bootstrap) as admin:
            await admin.delete_records({TopicPartition(INGEST_EVENTS, PARTITION): RecordsToDelete(before_offset=end)})
        await stack.fetch(
            "loyalty",
            "UPDATE offsets SET next_offset = 1 WHERE consumer_group = 'loyalty' AND topic = $1 AND partition = $2",
            INGEST_EVENTS,
            PARTITION,
        )
        stack.replica("loyalty").worker.start()
        await stack.replica("loyalty").worker.wait_ready()
        async with drill.load(rate=60, seconds=5):
            await asyncio.sleep(1)
    async with HttpClient(timeout=5) as http:
        text = (await http.get(f"{stack.replica('loyalty').worker.url}/metrics")).text
    holes = re.findall(r"^lane_holes_total\{[^}]*\} ([\d.]+)$", text, re.MULTILINE)
    drill.expect(sum(map(float, holes)) >= 1, "the hole was passed in silence")


async def _partitions_are_added(drill: Drill) -> None:
    stack, added = drill.stack, DEFAULT_PARTITIONS + 1
    async with drill.fault("partitions added", INGEST_EVENTS):
        async with administration(stack.bootstrap) as admin:
            await admin.create_partitions({INGEST_EVENTS: NewPartitions(total_count=added)})
        await _publish(drill, added - 1)
        for _ in range(int(NOTICED_WITHIN_SECONDS)):
            rows = await stack.fetch(
                "churn", "SELECT next_offset FROM offsets WHERE partition = $1 AND next_offset > 0", added - 1
            )
            if rows:
                return
            await asyncio.sleep(1)
    drill.expect(False, f"nobody read the new partition within {NOTICED_WITHIN_SECONDS:.0f} s")


async def _publish(drill: Drill, partition: int) -> None:
    customer, now = f"added-{uuid4().hex[:6]}", drill.now()
    event = Event(
        id=uuid4(), source="urn:mandegar:test", type="product.viewed", time=now, shop=SHOP, recorded_time=now,
        customer_id=customer, data=Interaction(subject_id="p-1"),
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=drill.stack.bootstrap)
    await producer.start()
    try:
        key = partition_key(SHOP, customer)
        await producer.send_and_wait(INGEST_EVENTS, encode(event), key=key, partition=partition)
    finally:
        await producer.stop()


SCENARIOS = [
    Scenario("F7", "records deleted, partitions added", topics_change, own_stack=True, topics_stay_whole=False)
]
