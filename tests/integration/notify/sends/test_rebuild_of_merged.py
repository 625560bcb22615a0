"""A rebuild ends as the service that lived through the merges, in whatever order it reads its topics."""

import random
from collections import defaultdict
from datetime import timedelta

import pytest

from builders.bands import crossed
from builders.customers import contact, profile
from builders.merges import merged
from builders.messages import sent_elsewhere
from builders.orders import paid
from builders.points import expiring, posted
from builders.shops import shop_updated
from harness.in_process import PARTITIONS
from harness.notify_service import notify_service
from harness.rebuilding import state_of
from mandegar.database import transaction
from mandegar.events import encode, topic_of
from mandegar.lanes.application import as_process
from mandegar.stream import Record
from notify.main import SERVICE
from notify.sends.rebuild import decide_the_rest

WITHDRAWN, GRANTED = ({"channels": {"email": status}} for status in ("withdrawn", "granted"))


async def life(notify):
    """Somebody with three ids, two of which are merged while messages wait, and one after they went out."""
    told = [shop_updated()]

    async def tell(*events):
        told.extend(events)
        await notify.deliver(*events)

    async def say(customer, body):
        notify.clock.advance(notify.settings.lease)
        answer = await notify.ask("PUT", f"/v1/customers/{customer}/preferences", "preferences:write", json=body)
        assert answer.status_code == 200

    await tell(*(contact(customer=id_) for id_ in "abc"), crossed(customer="a"), crossed(customer="b"), crossed())
    await tell(posted(3, 2, customer="a"), posted(4, 7))
    await tell(*(sent_elsewhere("m", customer=id_, days=-days) for id_, days in (("a", 9), ("b", 8), ("c", 9.5))))
    await tell(sent_elsewhere("own", customer="a", days=-20, marketing=False))
    await say("c", GRANTED | {"channels": {"sms": "withdrawn"}})
    await say("c", WITHDRAWN)
    await say("a", WITHDRAWN)
    await say("a", GRANTED)
    await tell(merged("a"), merged("a", under="a"), contact(9), profile(9), posted(7, 8))
    await notify.send_out()
    await tell(expiring(customer="b"), expiring())
    await notify.send_out()
    await tell(paid("1", customer="b", hours=1), merged("b"), contact(10), posted(8, 9), expiring(in_days=25))
    await tell(crossed(customer="b", hours=2))
    await notify.send_out()
    await notify.news()
    return [*told, *notify.published]


async def read_again(notify, events, order):
    """The groups of a rebuild one after the other, each key of a topic in its order."""
    for group, read in SERVICE.rebuild_subscriptions.items():
        queues = defaultdict(list)
        for event in events:
            if event.type in read.types:
                queues[topic_of(event.type), event.customer_id].append(event)
        for place, (topic, event) in enumerate(order(queues)):
            record = Record(topic, 0, place, event.partition_key, encode(event))
            async with transaction(notify.database.worker) as connection:
                await as_process(read, group, PARTITIONS, retention=None)([record], connection, notify.clock.now())
    await decide_the_rest(notify.context)


def shuffled(seed):
    def order(queues):
        chance = random.Random(seed)
        queues = {key: [*queue] for key, queue in queues.items()}
        while left := sorted((key for key, queue in queues.items() if queue), key=str):
            key = chance.choice(left)
            yield key[0], queues[key].pop(0)

    return order


def by_topic(*, merges_first):
    def order(queues):
        topics = sorted({topic for topic, _ in queues}, key=lambda topic: (topic == "ingest.events") != merges_first)
        for each in topics:
            for (topic, _), queue in sorted(queues.items(), key=str):
                yield from ((topic, event) for event in queue if topic == each)

    return order


ORDERS = {
    "merges first": by_topic(merges_first=True),
    "merges last": by_topic(merges_first=False),
    **{f"shuffled {seed}": shuffled(seed) for seed in range(4)},
}


@pytest.mark.parametrize("order", ORDERS)
async def test_a_rebuild_ends_with_the_same_contacts_and_messages(notify, make_database, order):
    events = await life(notify)
    expected = await state_of(notify.database)
    assert {row[5] for row in expected["sends"]} == {"sent", "withheld"}
    assert [(row[2], row[-1]) for row in expected["messages_elsewhere"]] == [("m", "b"), ("own", "a")]

    async with notify_service(await make_database("notify")) as again:
        again.clock.set(notify.clock.now() + timedelta(days=1))
        await read_again(again, events, ORDERS[order])

        assert await state_of(again.database) == expected
        assert await again.invariant_violations() == []
