"""What is recorded of a shop on the topic makes the accounts that loyalty has made of it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from msgspec import structs

from builders.erasures import erased, erasure_id, readmitted
from builders.events import NOON, SHOP, event
from builders.merges import merges, split
from builders.opening import granted, opened
from builders.orders import cancelled, paid, refund
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty, loyalty_service
from harness.producing import produce
from harness.recorded_log import recorded
from loyalty.account.rows import load_accounts
from loyalty.domain.account import Account
from loyalty.recorded.accounts import RecordedShop, recorded_shop
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import LatestErasure, OrderMoved
from mandegar.events.topics import partition_of
from mandegar.kafka.broker import Broker
from mandegar.rebuild.topic_records import Log

PARTITIONS = 12
NAMES = "abcde"
ORDERS = ["o1", "o2", "o3"]
MERGES = ("act", "act", "act", "act", "act", "merge")
ALL_TURNS = (*MERGES, *MERGES, "split", "erase", "readmit")


class Story:
    """Acts of five ids in one shop, as ingest publishes them; ``logs`` has them by partition."""

    def __init__(self, random: Random, turns: Sequence[str]) -> None:
        self.random, self.turns = random, turns
        self.logs: defaultdict[int, list[Event]] = defaultdict(list)
        self.roots: dict[str, str] = {}
        self.versions: defaultdict[str, int] = defaultdict(int)
        self.erasures: defaultdict[str, int] = defaultdict(int)
        self.latest: dict[str, LatestErasure] = {}
        self.gone: set[str] = set()
        self.seconds = 0

    def root(self, name: str) -> str:
        while name in self.roots:
            name = self.roots[name]
        return name

    def publish(self, one: Event) -> None:
        at = NOON + timedelta(seconds=self.seconds)
        for _ in range(self.random.choice([1, 1, 1, 2])):
            self.logs[partition_of(one.partition_key, PARTITIONS)].append(structs.replace(one, recorded_time=at))

    def go_on(self) -> None:
        self.seconds += 1
        name, other, order = self.random.choice(NAMES), self.random.choice(NAMES), self.random.choice(ORDERS)
        turn = self.random.choice(self.turns)
        if turn == "act" and self.root(name) not in self.gone:
            self.publish(self.act(name, other, order))
        elif turn == "merge" and name not in self.roots and self.root(other) != name:
            if not {name, self.root(other)} & self.gone:
                self.merge(name, self.root(other))
        elif turn == "split" and name in self.roots and self.root(name) not in self.gone:
            if name not in self.roots.values():
                self.versions[name] += 1
                self.publish(split(name, self.roots.pop(name), self.versions[name]))
        elif turn in ("erase", "readmit") and (self.root(name) in self.gone) == (turn == "readmit"):
            self.erase_or_readmit(self.root(name), turn)

    def act(self, name: str, other: str, order: str) -> Event:
        days, tag = self.random.randrange(-40, 20), f"{self.seconds}"
        return self.random.choice(
            [
                paid(order, self.random.randrange(40) * 250_000, days=days, customer=name, name=tag),
                paid(order, self.random.randrange(40) * 250_000, days=days, customer=name, name=tag),
                cancelled(order, version=2, days=days, customer=name, name=tag),
                refund(order, 1_000_000, days=days, customer=name, name=tag),
                event("order.moved", OrderMoved(order_id=order, to=other), days=days, customer=name, name=tag),
                opened("lot", self.random.randrange(300), days=days, customer=name, name=tag),
                granted("silver", until=days + 10, days=days, customer=name, name=tag),
            ]
        )

    def merge(self, alias: str, root: str) -> None:
        self.roots[alias], self.versions[alias] = root, self.versions[alias] + 1
        both = merges(
            alias,
            root,
            self.versions[alias],
            erasures=self.erasures[root],
            alias_erasures=self.erasures[alias],
            root_erasure=self.latest.get(root),
        )
        for told in both:
            self.publish(told)

    def erase_or_readmit(self, root: str, turn: str) -> None:
        ids = [name for name in NAMES if self.root(name) == root]
        version = 1 + max(self.erasures[id_] for id_ in ids)
        self.erasures.update(dict.fromkeys(ids, version))
        if turn == "erase":
            at = NOON + timedelta(seconds=self.seconds)
            latest = LatestErasure(erasure_id=erasure_id(version), recorded_time=at, ids=len(ids))
            self.latest.update(dict.fromkeys(ids, latest))
        for id_ in ids:
            told = erased(id_, version, number=version) if turn == "erase" else readmitted(id_, version)
            self.publish(told)
        (self.gone.add if turn == "erase" else self.gone.discard)(root)


def facts_of(accounts: dict[CustomerKey, Account]) -> dict[str, object]:
    """Facts by customer and order, those of customers and orders that have any; lots, too."""
    return {
        key.customer_id: orders
        for key, account in accounts.items()
        if (orders := {id_: (order.lot_id, order.facts) for id_, order in account.orders.items() if order.facts})
    }


def recorded_facts(shop: RecordedShop) -> dict[str, object]:
    pages = [facts_of(page) for page in shop.pages()]
    found = {customer: facts for page in pages for customer, facts in page.items()}
    assert len(found) == sum(map(len, pages))  # each customer is on one page
    return found


async def lived_facts(loyalty: Loyalty) -> dict[str, object]:
    async with transaction(loyalty.database.worker) as connection:
        keys = [CustomerKey(*row) for row in await connection.fetch("SELECT shop, customer_id FROM customers")]
        return facts_of(dict(await load_accounts(connection, keys)))


async def live(loyalty: Loyalty, logs: dict[int, list[Event]], random: Random, *, in_order: bool) -> None:
    """Read the partitions in any interleaving, or beside each other: what was recorded first is read first."""
    left = {partition: list(events) for partition, events in logs.items()}
    while left:
        partitions = list(left)
        if in_order:
            first = min(events[0].recorded_time for events in left.values())
            partitions = [partition for partition, events in left.items() if events[0].recorded_time == first]
        partition = random.choice(partitions)
        await loyalty.poll("ingest.events", {partition: [left[partition].pop(0)]})
        left = {partition: events for partition, events in left.items() if events}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("turns", [MERGES, ALL_TURNS])
async def test_the_accounts_are_those_that_loyalty_has_made_whoever_is_merged_split_or_erased(
    make_database, seed, turns
):
    """Loyalty's own answer depends on how far one partition is ahead of another where somebody is split or erased."""
    random = Random(seed)
    story = Story(random, turns)
    for _ in range(120):
        story.go_on()
    async with loyalty_service(await make_database("loyalty")) as loyalty:
        await live(loyalty, story.logs, random, in_order=turns is ALL_TURNS)
        lived = await lived_facts(loyalty)

    with recorded(story.logs) as shop:
        assert recorded_facts(shop) == lived


async def test_a_shop_is_read_from_the_topic_without_the_others(kafka, topic_prefix, make_database):
    events: Sequence[Event] = [
        paid("o1", customer="a"), paid("o2", customer="b"), paid("o1", customer="a"), refund("o2", 5, customer="b"),
        paid("o3", customer="a", shop="s2"), paid("o4", customer="a", shop="s:a"), *merges("a", "b"),
        paid("o5", customer="a"),
    ]  # fmt: skip
    await produce(kafka, f"{topic_prefix}ingest.events", events, lambda _: [shop_updated()])
    counts: list[tuple[int, int]] = []

    where = Log(Broker(kafka), topic_prefix, PARTITIONS)
    async with recorded_shop(where, SHOP, lambda read, all_: counts.append((read, all_))) as shop:
        assert shop.records == len(events) + PARTITIONS
        found = {customer: set(facts) for customer, facts in recorded_facts(shop).items()}

    assert found == {"b": {"o1", "o2", "o5"}}
    assert counts[0] == (0, len(events) + PARTITIONS)
    assert counts[-1] == (len(events) + PARTITIONS, len(events) + PARTITIONS)


async def test_a_shop_of_which_nothing_is_recorded_has_no_accounts(kafka, topic_prefix):
    async with recorded_shop(Log(Broker(kafka), topic_prefix, PARTITIONS), "unheard-of", lambda *_: None) as shop:
        assert (shop.records, shop.events, list(shop.pages())) == (0, 0, [{}])
