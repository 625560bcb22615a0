"""The dead-letter brake: a deploy that refuses everything stops, and what a shop does wrong does not stop anything."""

import asyncio

import pytest

from harness import toy as service
from harness.in_process import running
from harness.toy import NOW, order_of, records
from harness.toy_stream import grand_total, queue, relay
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes import brake as brakes
from mandegar.lanes import stuck
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.brake import Brake, Braked, Limits
from mandegar.lanes.lanes import Lanes, LaneSettings
from mandegar.lanes.offsets import stored_offsets
from mandegar.telemetry import metrics


async def deliver(toy, brake, events, start=0):
    process = as_process(service.SUBSCRIPTION, "toy", 12, brake=brake)
    chunk = Chunk(start, records(events, start=start))
    return await apply_batch(toy.worker, "toy", process, {("ingest.events", 0): chunk}, NOW)


async def seed(toy):
    async with toy.worker.acquire() as connection:
        return (await stored_offsets(connection, "toy", [("ingest.events", 0)]))["ingest.events", 0]


def poison(count):
    return [order_of(f"p{number}", order_id="poison") for number in range(count)]


async def test_a_batch_that_would_be_refused_for_the_most_part_does_not_commit(toy):
    await seed(toy)
    brake = Brake("toy", Limits(records=100, share=0.5))
    with pytest.raises(Braked, match=r"120 of 200 records were refused.*poisonous"):
        await deliver(toy, brake, poison(120) + [order_of("a") for _ in range(80)])

    assert brake.engaged is not None
    assert await seed(toy) == 0
    assert await grand_total(toy) == 0
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert await toy.worker.fetchval("SELECT count(*) FROM inbox") == 0


async def test_few_bad_records_never_stop_a_small_shop(toy):
    await seed(toy)
    brake, start = Brake("toy", Limits(records=100, share=0.5)), 0
    for _ in range(3):
        await deliver(toy, brake, poison(30), start)
        start += 30

    assert brake.engaged is None
    assert await toy.worker.fetchval("SELECT count(*) FROM dead_letters") == 90


async def test_bad_records_among_many_good_ones_stop_nothing(toy):
    await seed(toy)
    brake = Brake("toy", Limits(records=100, share=0.5))
    await deliver(toy, brake, poison(60) + [order_of("a") for _ in range(140)])

    assert brake.engaged is None
    assert await grand_total(toy) == 140


async def test_good_batches_count_beside_the_bad_ones(toy):
    await seed(toy)
    brake = Brake("toy", Limits(records=100, share=0.5))
    await deliver(toy, brake, [order_of("a") for _ in range(150)])
    await deliver(toy, brake, poison(120), 150)

    assert brake.engaged is None
    assert await grand_total(toy) == 150


async def test_small_batches_add_up_and_old_ones_are_forgotten(toy, monkeypatch):
    await seed(toy)
    seconds = [0.0]
    monkeypatch.setattr(brakes, "monotonic_seconds", lambda: seconds[0])
    brake = Brake("toy", Limits(records=100, share=0.5, seconds=60))
    await deliver(toy, brake, poison(60))
    seconds[0] = 61
    await deliver(toy, brake, poison(60), 60)
    seconds[0] = 100
    with pytest.raises(Braked, match="110 of 110"):
        await deliver(toy, brake, poison(50), 120)


async def test_lanes_stand_still_behind_the_brake_and_go_on_when_a_human_releases_it(
    toy, kafka, topic_prefix, monkeypatch
):
    """The watchdog leaves them alone meanwhile: a restart would lift the brake."""
    monkeypatch.setattr(stuck, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(stuck, "STUCK_SECONDS", 4)
    settings = LaneSettings(Broker(kafka), f"{topic_prefix}toy", f"{topic_prefix}toy-0", TopicNames(topic_prefix))
    brake = Brake(settings.group, Limits(records=100, share=0.5))
    process = as_process(service.SUBSCRIPTION, settings.group, 12, brake=brake)
    member = Lanes(settings, toy.worker, FrozenClock(NOW), process, on_applied=lambda: None, brake=brake)
    await queue(toy, poison(400))

    async def letters():
        return await toy.worker.fetchval("SELECT count(*) FROM dead_letters")

    async with running(relay(kafka, topic_prefix, toy).run(), member.run(service.SUBSCRIPTION.topics)) as tasks:
        said = await eventually(member.condition.check, lambda wrong: "brake" in (wrong or ""))
        few = await letters()
        await queue(toy, [order_of("a")])
        done, _ = await asyncio.wait(tasks, timeout=6)
        assert not done
        assert (await letters(), await grand_total(toy)) == (few, 0)
        assert few < 100
        assert "poisonous" in said
        lag = await member.backlog.measure()
        assert lag is not None
        assert lag.seconds > 3
        assert metrics.LAG.labels(settings.group)._value.get() == await member.lag() == 401 - few

        brake.release()
        await eventually(letters, lambda count: count == 400)
        await eventually(lambda: grand_total(toy), lambda total: total == 1)
        assert await member.condition.check() is None
        await eventually(member.backlog.measure, lambda lag: lag == (0, 0))
        assert metrics.LAG.labels(settings.group)._value.get() == 0
