"""A member of a group that has had nothing to poll for a long time takes part in the next rebalance all the same."""

from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from harness.in_process import running
from harness.toy_stream import lanes
from harness.waiting import eventually
from mandegar.lanes.lanes import Lanes

PATTERN = r"raw\.[a-z0-9]+"
LONG_SECONDS = 90 * 24 * 3600


async def make_topic(kafka: str, name: str) -> None:
    """A topic with one partition and one record."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await admin.start()
    await producer.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
        await producer.send_and_wait(name, b"{}", partition=0)
    finally:
        await producer.stop()
        await admin.close()


async def long_ago(member: Lanes) -> None:
    """As if ``member``, which has nothing to poll, had last polled months ago."""
    assert member._consumer is not None
    polls = member._consumer._subscription
    await eventually(lambda: polls._fetch_count, lambda running: running == 0)
    vars(polls)["_last_fetch_ended"] -= LONG_SECONDS


def owned(member: Lanes) -> int:
    return len(member.positions.expected)


async def test_a_topic_that_appears_after_a_long_time_without_any_is_read_within_seconds(toy, kafka, topic_prefix):
    member = lanes(kafka, topic_prefix, toy)
    async with running(member.run(pattern=PATTERN)):
        await eventually(lambda: member.positions.assigned, bool)
        await long_ago(member)

        await make_topic(kafka, f"{topic_prefix}raw.late")

        await eventually(lambda: list(member.positions.expected.values()), lambda at: at == [1], seconds=15)


async def test_a_member_without_partitions_takes_over_after_a_long_time(toy, kafka, topic_prefix):
    await make_topic(kafka, f"{topic_prefix}raw.only")
    idle, owner = (lanes(kafka, topic_prefix, toy, member=name) for name in "ba")
    async with AsyncExitStack() as until_owner_ends, running(idle.run(pattern=PATTERN)):
        await eventually(lambda: owned(idle), lambda count: count == 1)
        # The partition goes to the member whose name is first.
        await until_owner_ends.enter_async_context(running(owner.run(pattern=PATTERN)))
        await eventually(lambda: (owned(idle), owned(owner)), lambda counts: counts == (0, 1))
        await long_ago(idle)

        await until_owner_ends.aclose()

        await eventually(lambda: owned(idle), lambda count: count == 1, seconds=15)
