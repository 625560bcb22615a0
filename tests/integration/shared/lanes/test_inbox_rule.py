"""Redelivery, two owners at once, poison, release and crashes: an event has its effects, and its followers, once."""

import asyncio

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from builders.acts import act
from harness import toy as service
from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.machines import Loop, run_machine
from harness.toy import NOW, order_of, records, toy_database
from mandegar.events import Event, decode, derived_id
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets
from mandegar.lanes.release import NotReleased, release
from mandegar.stream import Subscription

CUSTOMERS = st.sampled_from("abc")
PICKS = st.lists(st.integers(0, 1000), min_size=1, max_size=5)
CRASHES = st.sampled_from([None, None, StreamFailpoint.BATCH_AFTER_OFFSETS, StreamFailpoint.BATCH_BEFORE_COMMIT])
POISON = "violation"


class InboxRule(RuleBasedStateMachine):
    """Polls of events that were made before, again and again; ``loop`` and ``toy`` are set by the test."""

    loop: Loop
    toy: ServiceDatabase

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Event] = []
        self.applied: dict[object, Event] = {}
        self.letters: dict[object, Event] = {}
        self.ends = [0, 0]
        self.cured = False

        async def apply(events, connection, now):
            if self.cured:
                events = [structs.replace(one, data=structs.replace(one.data, order_id="fine")) for one in events]
            return await service.apply(events, connection, now)

        self.subscription = Subscription(("ingest.events",), frozenset({"order.paid"}), apply)

    @initialize()
    def begin(self):
        async def empty():
            for table in ("customers", "inbox", "outbox", "offsets", "dead_letters"):
                await self.toy.worker.execute(f"DELETE FROM {table}")
            async with self.toy.worker.acquire() as connection:
                await stored_offsets(connection, "toy", [("ingest.events", partition) for partition in (0, 1)])

        self.loop.run(empty())
        self.made += [order_of(name, total) for name, total in zip("abc", (1, 10, 100), strict=True)]

    @rule(customer=CUSTOMERS, total=st.integers(1, 50), poison=st.integers(0, 4))
    def make(self, customer, total, poison):
        self.made.append(order_of(customer, total, order_id="o" if poison else POISON))

    async def poll(self, partition: int, events: list[Event]) -> None:
        chunk = Chunk(self.ends[partition], records(events, start=self.ends[partition], partition=partition))
        process = as_process(self.subscription, "toy", 12)
        moved = await apply_batch(self.toy.worker, "toy", process, {("ingest.events", partition): chunk}, NOW)
        assert moved == {("ingest.events", partition)}
        self.ends[partition] = chunk.stop

    def picked(self, picks: list[int]) -> list[Event]:
        return [self.made[pick % len(self.made)] for pick in picks]

    def expect(self, events: list[Event]) -> None:
        for event in events:
            if event.id not in self.letters:
                refused = event.data.order_id == POISON and not self.cured and event.id not in self.applied
                (self.letters if refused else self.applied)[event.id] = event

    @rule(partition=st.integers(0, 1), picks=PICKS, crash=CRASHES)
    def deliver(self, partition, picks, crash):
        """Any events, some of them again, in one poll; it may die before its commit."""
        events = self.picked(picks)
        with may_fail_at(crash) as attempt:
            self.loop.run(self.poll(partition, events))
        if not attempt.failed:
            self.expect(events)

    @rule(first=PICKS, second=PICKS)
    def deliver_twice_at_once(self, first, second):
        """Two owners of two partitions, with events that both of them get."""
        polls = [self.picked([*first, *second]), self.picked([*second, *first])]

        async def both():
            await asyncio.gather(*(self.poll(partition, events) for partition, events in enumerate(polls)))

        self.loop.run(both())
        self.expect(polls[0])

    @rule()
    def cure(self):
        """A release of the service that can apply what was poison."""
        self.cured = True

    @precondition(lambda self: self.letters)
    @rule(pick=st.integers(0, 100))
    def release_twice(self, pick):
        event = list(self.letters.values())[pick % len(self.letters)]
        letter = self.loop.run(
            self.toy.worker.fetchval("SELECT id FROM dead_letters WHERE event_id = $1 ORDER BY id LIMIT 1", event.id)
        )
        released = []
        for _ in range(2):
            try:
                self.loop.run(release(self.toy.worker, act(), {"toy": self.subscription}, letter, NOW, 12))
                released.append(event)
            except NotReleased:
                continue
        assert len(released) == int(self.cured)
        if released:
            self.applied[event.id] = self.letters.pop(event.id)

    @invariant()
    def effects_and_followers_are_those_of_the_events_applied(self):
        if not self.made:
            return
        totals = dict(self.loop.run(self.toy.worker.fetch("SELECT customer_id, total FROM customers WHERE total > 0")))
        wanted: dict[str, int] = {}
        for event in self.applied.values():
            wanted[event.customer_id] = wanted.get(event.customer_id, 0) + int(event.data.total)
        assert totals == wanted
        values = self.loop.run(self.toy.worker.fetch("SELECT value FROM outbox"))
        followers = sorted(decode(row["value"]).id for row in values)
        assert followers == sorted(derived_id("toy", str(id_), "points.expiring") for id_ in self.applied)
        open_ = self.loop.run(self.toy.worker.fetch("SELECT event_id FROM dead_letters WHERE released_at IS NULL"))
        assert sorted(row["event_id"] for row in open_) == sorted(self.letters)


def test_an_event_counts_once_however_often_and_wherever_it_comes(postgres):
    with Loop() as loop:
        machine = type("Machine", (InboxRule,), {"loop": loop, "toy": loop.enter(toy_database(postgres))})
        run_machine(machine, examples=40, steps=20)
