"""What the groups told Kafka of how far they are: a hint for tools, never ahead of the database."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from faults.observed.subscribers import GROUPS

TRIES = 20


async def committed_offsets(bootstrap: str, prefix: str) -> dict[tuple[str, str, int], int]:
    """Committed offsets by (group, topic, partition), all named without the deployment's prefix."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return {
            (group, place.topic.removeprefix(prefix), place.partition): told.offset
            for group in GROUPS
            for place, told in (await _of(admin, prefix + group)).items()
            if told.offset >= 0
        }
    finally:
        await admin.close()


async def _of(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, OffsetAndMetadata]:
    """A broker that never had a group makes the room for them when it is first asked."""
    for _ in range(TRIES):
        try:
            found: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(0.5)
        else:
            return found
    raise TimeoutError(f"the broker has no coordinator for the group {group}: is it still starting?")
