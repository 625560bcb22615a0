"""Due instants: written, moved, put off, missed by a wake, settled by two timers at once or by one that dies.

Nothing that is due is forgotten, nothing is settled twice, and nothing before its time.
"""

import asyncio
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.databases import ServiceDatabase
from harness.failing import may_fail_at
from harness.in_process import running
from harness.locking import until_waiting, waiting_behind
from harness.machines import Loop, run_machine
from harness.toy import NOW, settle, toy_database
from harness.waiting import eventually
from mandegar.clock import FrozenClock
from mandegar.customers import timer as timers
from mandegar.customers.timer import PUT_OFF, Timer
from mandegar.failpoints import StreamFailpoint

NAMES = ["a", "b", "c", "d"]
MINUTES = st.integers(0, 30)
CRASHES = st.sampled_from([None, None, StreamFailpoint.TIMER_AFTER_LOCK, StreamFailpoint.TIMER_BEFORE_COMMIT])
DUE = """
    INSERT INTO customers (shop, customer_id, partition, due_at) VALUES ('s', $1, 0, $2)
    ON CONFLICT (shop, customer_id) DO UPDATE SET due_at = excluded.due_at
"""


class DueRule(RuleBasedStateMachine):
    """``due`` is what must be settled and when; ``loop`` and ``toy`` are set by the test."""

    loop: Loop
    toy: ServiceDatabase

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock(NOW)
        self.due: dict[str, object] = {}
        self.settled = dict.fromkeys(NAMES, 0)
        self.bad: set[str] = set()

    async def settle(self, keys, connection, now):
        if any(key.customer_id in self.bad for key in keys):
            raise KeyError("a bug with one customer")
        return await settle(keys, connection, now)

    def timer(self) -> Timer:
        return Timer(self.toy.worker, self.clock, self.settle, 12)

    @initialize()
    def begin(self):
        self.loop.run(self.toy.worker.execute("DELETE FROM customers"))

    @rule(name=st.sampled_from(NAMES), minutes=MINUTES)
    def becomes_due(self, name, minutes):
        self.due[name] = self.clock.now() + timedelta(minutes=minutes)
        self.loop.run(self.toy.worker.execute(DUE, name, self.due[name]))

    @rule(minutes=MINUTES)
    def time_passes(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule(bad=st.sets(st.sampled_from(NAMES), max_size=2))
    def a_release_has_other_bugs(self, bad):
        self.bad = bad

    def expect(self) -> None:
        now = self.clock.now()
        for name, at in list(self.due.items()):
            if at <= now and name in self.bad:
                self.due[name] = now + PUT_OFF
            elif at <= now:
                del self.due[name]
                self.settled[name] += 1

    @rule(crash=CRASHES, at_once=st.integers(1, 3))
    def settles(self, crash, at_once):
        """One timer that may die, or more than one at the same instant."""

        async def all_of_them():
            await asyncio.gather(*(self.timer().settle_due() for _ in range(at_once)))

        with may_fail_at(crash if at_once == 1 else None) as attempt:
            self.loop.run(all_of_them())
        if not attempt.failed:
            self.expect()

    @invariant()
    def what_is_due_stands_there_and_what_was_due_was_settled_once(self):
        rows = self.loop.run(self.toy.worker.fetch("SELECT customer_id, due_at, settled FROM customers"))
        assert {row["customer_id"]: row["due_at"] for row in rows if row["due_at"]} == self.due
        assert {**dict.fromkeys(NAMES, 0), **{row["customer_id"]: row["settled"] for row in rows}} == self.settled

    def teardown(self):
        self.bad = set()
        self.clock.advance(timedelta(days=1))
        self.settles(None, 1)
        self.what_is_due_stands_there_and_what_was_due_was_settled_once()
        assert self.due == {}


def test_nothing_due_is_forgotten_and_nothing_is_settled_twice(postgres):
    with Loop() as loop:
        machine = type("Machine", (DueRule,), {"loop": loop, "toy": loop.enter(toy_database(postgres))})
        run_machine(machine, examples=40, steps=25)


async def settled(toy: ServiceDatabase) -> dict[str, int]:
    return dict(await toy.worker.fetch("SELECT customer_id, settled FROM customers"))


async def test_a_timer_that_waited_for_a_customer_looks_again_whether_they_are_still_due(toy):
    await toy.worker.execute(DUE, "a", NOW)
    timer = Timer(toy.worker, FrozenClock(NOW), settle, 12)

    async def settle_and_commit(connection):
        await connection.execute("UPDATE customers SET due_at = NULL, settled = settled + 1")

    async def settle_due(_):
        await timer.settle_due()

    async with waiting_behind(toy.worker, settle_and_commit, settle_due):
        late = asyncio.create_task(timer.settle_due())
        await until_waiting(toy.worker, 2)
    await late

    assert await settled(toy) == {"a": 1}


async def test_what_becomes_due_without_a_wake_is_found_all_the_same(toy, monkeypatch):
    assert timers.SLEEP_MAX_SECONDS <= 5
    monkeypatch.setattr(timers, "SLEEP_MAX_SECONDS", 0.2)
    await toy.worker.execute(DUE, "first", NOW)
    async with running(Timer(toy.worker, FrozenClock(NOW), settle, 12).run()):
        await eventually(lambda: settled(toy), lambda seen: seen == {"first": 1})
        await toy.worker.execute(DUE, "a", NOW)
        await eventually(lambda: settled(toy), lambda seen: seen == {"first": 1, "a": 1}, seconds=5)
