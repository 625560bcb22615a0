"""Random batches, giants, crashes, repeats and workers at once: the same state as if all had been applied in order."""

import asyncio
from collections import defaultdict

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.machines import Loop, run_machine
from harness.toy import NOW, order_of, records, toy_database
from harness.toy_beside import beside, journals, waiting, with_giants
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.failpoints import StreamFailpoint
from mandegar.lanes.application import as_process
from mandegar.lanes.batch import Chunk, apply_batch
from mandegar.lanes.offsets import stored_offsets

NAMES = ["giant", "big", "a", "b"]
BATCH = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["o", "o", "o", "poison"])), min_size=1, max_size=8)
GIANTS = st.sets(st.sampled_from(NAMES), max_size=2)
IN_BATCH = st.sampled_from(
    [
        None,
        None,
        StreamFailpoint.BESIDE_SET_ASIDE,
        StreamFailpoint.BATCH_BEFORE_COMMIT,
        StreamFailpoint.BATCH_AFTER_COMMIT,
    ]
)
BESIDE = st.sampled_from(
    [
        None,
        None,
        StreamFailpoint.BESIDE_AFTER_TAKE,
        StreamFailpoint.BESIDE_BEFORE_COMMIT,
        StreamFailpoint.BESIDE_AFTER_COMMIT,
        StreamFailpoint.DEAD_LETTERS_KEPT,
    ]
)


class BesideRule(RuleBasedStateMachine):
    """``log`` is the partition's; ``loop`` and ``toy`` are set by the test."""

    loop: Loop
    toy: ServiceDatabase

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []

    @initialize()
    def begin(self):
        for table in ("customers", "waiting_beside", "dead_letters", "inbox", "offsets", "outbox", "applied"):
            self.loop.run(self.toy.worker.execute(f"DELETE FROM {table}"))

    async def poll(self, giants: set[str]) -> None:
        """The records from the stored offset on, as one batch."""
        async with transaction(self.toy.worker) as connection:
            ((_, at),) = (await stored_offsets(connection, "toy", [("ingest.events", 0)])).items()
        if some := self.log[at:]:
            subscription = with_giants({CustomerKey("s", name) for name in giants})
            chunk = Chunk(at, records(some, start=at))
            process = as_process(subscription, "toy", 12)
            await apply_batch(self.toy.worker, "toy", process, {("ingest.events", 0): chunk}, NOW)

    @rule(batch=BATCH, giants=GIANTS, again=st.booleans(), crash=IN_BATCH)
    def a_batch(self, batch, giants, again, crash):
        """New events, perhaps with one that was delivered before; the worker may die."""
        self.log += [order_of(name, order_id=order) for name, order in batch]
        if again:
            self.log.append(self.log[len(self.log) // 2])
        with may_fail_at(crash):
            self.loop.run(self.poll(giants))

    @rule(crash=BESIDE, at_once=st.integers(1, 3))
    def a_turn_beside(self, crash, at_once):
        """One worker that may die, or more than one at the same instant."""

        async def all_of_them():
            await asyncio.gather(*(beside().turn(self.toy.worker) for _ in range(at_once)))

        with may_fail_at(crash if at_once == 1 else None):
            self.loop.run(all_of_them())

    def teardown(self):
        self.loop.run(self.poll(set()))
        self.loop.run(beside().drain(self.toy.worker))
        assert self.loop.run(waiting(self.toy)) == 0
        once = {event.id: event for event in self.log}.values()
        expected = defaultdict(list)
        for event in once:
            if event.data.order_id != "poison":
                expected[event.customer_id].append(str(event.id))
        assert self.loop.run(journals(self.toy)) == expected
        letters = self.loop.run(self.toy.worker.fetch("SELECT event_id FROM dead_letters"))
        assert {row["event_id"] for row in letters} == {e.id for e in once if e.data.order_id == "poison"}
        applied = self.loop.run(self.toy.worker.fetchval("SELECT coalesce(sum(events), 0)::int FROM applied"))
        outbox = self.loop.run(self.toy.worker.fetchval("SELECT count(*) FROM outbox"))
        assert applied == outbox == sum(map(len, expected.values()))


def test_what_goes_beside_is_applied_once_and_in_order(postgres):
    with Loop() as loop:
        machine = type("Machine", (BesideRule,), {"loop": loop, "toy": loop.enter(toy_database(postgres))})
        run_machine(machine, examples=30, steps=12)
