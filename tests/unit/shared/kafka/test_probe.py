"""A probe beside a broker that accepts connections and says nothing: it tells so, and nothing of it is left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import TopicPartition

from harness.waiting import eventually
from mandegar.kafka.broker import Broker
from mandegar.kafka.probe import Probe

PARTITION = TopicPartition("ingest.events", 0)


class Silent:
    """A port behind which nobody answers, and the connections to it that are open."""

    def __init__(self) -> None:
        self.open = 0
        self.made = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.made += 1
        while await reader.read(1024):
            pass
        self.open -= 1
        writer.close()


@pytest.fixture
async def silent() -> AsyncIterator[tuple[Silent, Probe]]:
    broker = Silent()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield broker, Probe(Broker(f"127.0.0.1:{port}"), "test")
    server.close()


@pytest.mark.parametrize(
    "query", [lambda probe: probe.ends([PARTITION]), lambda probe: probe.oldest_ms({PARTITION: 0})]
)
async def test_an_asker_who_gives_up_leaves_no_half_made_client_to_the_next(silent, query):
    broker, probe = silent
    for _ in range(3):
        asking = asyncio.create_task(query(probe))
        await eventually(lambda: broker.open, lambda count: count == 1, seconds=5)
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()
        await eventually(lambda: broker.open, lambda count: count == 0, seconds=5)

    assert await query(probe) is None
    await probe.close()
    await eventually(lambda: broker.open, lambda count: count == 0, seconds=5)


async def test_a_ping_that_gets_no_answer_raises(silent):
    _, probe = silent

    with pytest.raises(Exception, match="Unable to bootstrap"):
        await probe.ping("ingest.events")
    await probe.close()
