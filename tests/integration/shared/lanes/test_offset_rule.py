"""Two members of a group, their rebalances, crashes and lost records: each offset has its effect exactly once.

Real lanes on a real PostgreSQL; the log and the group are simulated, so that a member may be told late or never that
its partitions have another owner. There is no inbox here: the offsets alone have to do it.
"""

import asyncio

from aiokafka import TopicPartition
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.machines import Loop, run_machine
from harness.simulated_log import Logs, SimulatedConsumer
from harness.toy import NOW, toy_database
from mandegar.clock import FrozenClock
from mandegar.failpoints import FailpointRaised, StreamFailpoint
from mandegar.kafka.broker import Broker
from mandegar.lanes import lanes
from mandegar.lanes.lanes import Lanes, LaneSettings

TOPIC = "ingest.events"
PARTITIONS = [TopicPartition(TOPIC, number) for number in range(3)]
STEPS = [
    StreamFailpoint.BATCH_AFTER_POLL,
    StreamFailpoint.BATCH_AFTER_OFFSETS,
    StreamFailpoint.BATCH_BEFORE_COMMIT,
    StreamFailpoint.BATCH_AFTER_COMMIT,
]
ACCIDENTS = [None, None, "fails", "loses"]
TROUBLES = [FailpointRaised, ConnectionResetError]  # as if it were killed; transient


async def count_effects(records, connection, now):
    """One row for each offset, and how often it had its effect."""
    await connection.execute(
        """
        INSERT INTO customers (shop, customer_id, partition, total)
        SELECT 's', offset_::text, partition, 1 FROM unnest($1::smallint[], $2::bigint[]) AS w(partition, offset_)
        ON CONFLICT (shop, customer_id) DO UPDATE SET total = customers.total + 1
        """,
        [record.partition for record in records],
        [record.partition * 1_000_000 + record.offset for record in records],
    )
    return ()


class HeldLanes(Lanes):
    """Lanes that stop where a process may be frozen: before a batch begins, and before offsets are read."""

    def __init__(self, toy: ServiceDatabase, member: str) -> None:
        settings = LaneSettings(Broker("nowhere"), "toy", member)
        super().__init__(settings, toy.worker, FrozenClock(NOW), count_effects, on_applied=lambda: None)
        self.gates = {lane: asyncio.Event() for lane in range(settings.lanes)}
        self.seed_gate = asyncio.Event()

    async def _apply(self, consumer, chunks, *, may_rest):  # noqa: ARG002  a rest would only take time here
        _, number = next(iter(chunks))
        await self.gates[number % self.settings.lanes].wait()
        await super()._apply(consumer, chunks, may_rest=False)

    async def held_seed(self, consumer, partitions):
        await self.seed_gate.wait()
        await self._seed(consumer, partitions)


class Member:
    """One process of the group."""

    def __init__(self, toy: ServiceDatabase, logs: Logs, name: str) -> None:
        self.lanes, self.consumer = HeldLanes(toy, name), SimulatedConsumer(logs)
        self.listener = self.lanes.positions.listener(self.consumer, self.lanes.held_seed, "toy")

    async def hears(self, partitions: set[TopicPartition]) -> None:
        await self.listener.on_partitions_revoked(self.consumer.assignment())
        self.consumer.assign(partitions)
        await self.listener.on_partitions_assigned(partitions)

    async def seed(self) -> None:
        seeding = self.lanes.positions._seeding
        if seeding is not None and not seeding.done():
            self.lanes.seed_gate.set()
            await asyncio.wait({seeding})
            self.lanes.seed_gate.clear()
        self.lanes.positions.raise_failure()

    async def poll(self, records: int) -> None:
        self.lanes._reap()
        if self.lanes.positions.ready(busy=self.lanes._running):
            self.lanes._steps.records_max = records
            await self.lanes._turn(self.consumer)

    def lose(self, records: int) -> None:
        """An interrupted call had drained some records of everything idle.

        Not of what looks so already: three times in a row is a log of which retention took the beginning.
        """
        positions = self.lanes.positions
        for partition in positions.ready(busy=self.lanes._running):
            if partition in self.consumer.assignment() and not positions._gaps[partition]:
                self.consumer.lose(partition, records)

    async def let_go(self, lane: int) -> None:
        if task := self.lanes._running.get(lane):
            self.lanes.gates[lane].set()
            await asyncio.wait({task})
            self.lanes.gates[lane].clear()
            self.lanes._reap()

    async def dies(self) -> None:
        tasks = [task for task in (*self.lanes._running.values(), self.lanes.positions._seeding) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class OffsetRule(RuleBasedStateMachine):
    """What the members do, in any order; ``loop`` and ``toy`` are set by the test."""

    loop: Loop
    toy: ServiceDatabase

    def __init__(self) -> None:
        super().__init__()
        self.logs: Logs = {partition: [] for partition in PARTITIONS}
        self.reached = dict.fromkeys(PARTITIONS, 0)

    @initialize(records=st.integers(5, 20))
    def begin(self, records):
        for log in self.logs.values():
            log += [b"x"] * records
        self.loop.run(self.toy.worker.execute("DELETE FROM customers"))
        self.loop.run(self.toy.worker.execute("DELETE FROM offsets"))
        self.members = [Member(self.toy, self.logs, name) for name in "ab"]
        self.rebalance(owners=[0, 0, 1], told=[True, True])
        for number in (0, 1):
            self.read_offsets(number)

    @rule(partition=st.sampled_from(PARTITIONS), records=st.integers(1, 4))
    def append(self, partition, records):
        self.logs[partition] += [b"x"] * records

    @rule(
        owners=st.lists(st.integers(0, 1), min_size=3, max_size=3), told=st.lists(st.booleans(), min_size=2, max_size=2)
    )
    def rebalance(self, owners, told):
        """Whoever is not told was frozen: it goes on with what it believes to own."""
        for number, member in enumerate(self.members):
            if told[number]:
                mine = {p for p, owner in zip(PARTITIONS, owners, strict=True) if owner == number}
                self.loop.run(member.hears(mine))

    @rule(number=st.integers(0, 1))
    def read_offsets(self, number):
        self.loop.run(self.members[number].seed())

    @rule(number=st.integers(0, 1), records=st.integers(1, 3), accident=st.sampled_from(ACCIDENTS))
    def poll(self, number, records, accident=None):
        member = self.members[number]
        member.consumer.next_poll_fails = accident == "fails"
        if accident == "loses":
            member.lose(records)
        self.loop.run(member.poll(records))

    @rule(number=st.integers(0, 1), records=st.integers(1, 3), accident=st.sampled_from(ACCIDENTS))
    def work(self, number, records, accident):
        """A whole round without any trouble but that of its poll."""
        self.read_offsets(number)
        self.poll(number, records, accident)
        for lane in (0, 1):
            self.go_on(number, lane, None)

    @rule(
        number=st.integers(0, 1),
        lane=st.integers(0, 1),
        trouble=st.none() | st.tuples(st.sampled_from(STEPS), st.sampled_from(TROUBLES)),
    )
    def go_on(self, number, lane, trouble):
        """The batch in hand, perhaps of long ago, is applied, or dies or fails at one of its steps."""
        with may_fail_at(*(trouble or (None,))) as attempt:
            self.loop.run(self.members[number].let_go(lane))
        if attempt.failed:
            self.killed(number)

    @rule(number=st.integers(0, 1))
    def killed(self, number):
        """Started again under its name, it gets its partitions back."""
        member = self.members[number]
        partitions = member.consumer.assignment()
        self.loop.run(member.dies())
        self.members[number] = Member(self.toy, self.logs, "ab"[number])
        self.loop.run(self.members[number].hears(partitions))

    @invariant()
    @precondition(lambda self: hasattr(self, "members"))
    def each_offset_has_its_effect_exactly_once(self):
        rows = self.loop.run(self.toy.worker.fetch("SELECT customer_id::bigint AS at, total FROM customers"))
        stored = self.loop.run(self.toy.worker.fetch("SELECT partition, next_offset FROM offsets"))
        offsets = {TopicPartition(TOPIC, row["partition"]): row["next_offset"] for row in stored}
        assert {row["at"]: row["total"] for row in rows} == {
            partition.partition * 1_000_000 + offset: 1 for partition, end in offsets.items() for offset in range(end)
        }
        for partition, offset in offsets.items():
            assert self.reached[partition] <= offset <= len(self.logs[partition])
            self.reached[partition] = offset

    def teardown(self):
        """Everybody hears of everything: then nothing is left out."""
        if not hasattr(self, "members"):
            return
        self.rebalance(owners=[0, 0, 0], told=[True, True])
        for _ in range(100):
            self.read_offsets(0)
            self.poll(0, 100)
            for number in (0, 1):
                for lane in (0, 1):
                    self.go_on(number, lane, None)
            self.each_offset_has_its_effect_exactly_once()
            if all(self.reached[partition] == len(log) for partition, log in self.logs.items()):
                break
        assert self.reached == {partition: len(log) for partition, log in self.logs.items()}
        for member in self.members:
            self.loop.run(member.dies())


def test_each_offset_has_its_effect_exactly_once_whoever_owns_it_and_whenever_they_die(postgres, monkeypatch):
    monkeypatch.setattr(lanes, "RETRY_SECONDS", 0)
    monkeypatch.setattr(lanes, "CAREFUL_SECONDS", 1e9)  # after a failed poll one partition at a time, to the end
    with Loop() as loop:
        machine = type("Machine", (OffsetRule,), {"loop": loop, "toy": loop.enter(toy_database(postgres))})
        run_machine(machine, examples=60, steps=40)
