"""An account through batches that die, repeats the inbox has forgotten, and settling at any instant between.

At the end a twin is told the same facts at once, in the order in which they happened: both have the same.
"""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.databases import service_database
from harness.failing import may_fail_at
from harness.in_process import NOON, SHOP
from harness.loyalty_service import Loyalty, loyalty_service
from harness.machines import Loop, run_machine
from loyalty.domain import account
from loyalty.domain.remembered import REMEMBERED_FROM
from loyalty.programme.document import default_document
from mandegar.events import Event
from mandegar.events.ingest import ActDone, Interaction, OrderCancelled, OrderSnapshot, RefundIssued, ReviewSubmitted
from mandegar.events.opening import PointsOpened, TierGranted
from mandegar.failpoints import Failpoint, StreamFailpoint

ORDERS = st.sampled_from(["o1", "o2", "o3"])
DAYS = st.integers(-30, 60)
TOTALS = st.integers(0, 60).map(lambda number: Decimal(number) * 250_000)
VERSIONS = st.integers(1, 4)
POINTS = st.integers(0, 300)
LASTS = st.none() | st.integers(-5, 40)
# The built-in programme, with rules about acts beside it, some of which depend on each other.
ACTS = """
acts:
  - {name: visit, on: customer.logged_in, points: 5}
  - {name: review, on: review.submitted, points: 50, limits: [{times: 2, per: month}]}
  - {name: story, on: act.done, act: story-shared, points: 20, cooldown_days: 3}
  - {name: welcome, on: customer.signed_up, points: 100, tiers: [silver, gold], hold_days: 2}
caps:
  - {name: monthly, points: 120, per: jalali_month, of: [review, story]}
"""
CRASHES = st.sampled_from([None, None, None, StreamFailpoint.BATCH_AFTER_OFFSETS, StreamFailpoint.BATCH_BEFORE_COMMIT])


class AccountRule(RuleBasedStateMachine):
    """The customer ``c``, and ``d`` who hears of everything at once; ``loop`` and ``loyalty`` are set by the test."""

    loop: Loop
    loyalty: Loyalty
    owner: asyncpg.Connection

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []
        self.known: dict[UUID, Event] = {}

    @initialize()
    def begin(self):
        async def fresh():
            for table in ("entries", "orders", "customers", "inbox", "outbox"):
                await self.owner.execute(f"TRUNCATE {table} CASCADE")
            self.loyalty.clock.set(NOON)
            self.loyalty.published.clear()

        self.loop.run(fresh())

    def event(self, type_: str, data: object, days: float, number: int, customer: str) -> Event:
        """The twins' events have other ids, which sort alike: an id breaks a tie between versions."""
        time = NOON + timedelta(days=days)
        return Event(
            id=UUID(int=number << 64 | (customer == "d")), source="urn:mandegar:test", type=type_, time=time, shop=SHOP,
            recorded_time=max(time, self.loyalty.clock.now()), customer_id=customer, data=data,
        )  # fmt: skip

    def tell(self, type_: str, data: object, days: float, crash: Failpoint | None) -> None:
        self.told.append(self.event(type_, data, days, len(self.told), "c"))
        self.deliver(self.told[-1:], crash)

    def deliver(self, events: list[Event], crash: Failpoint | None) -> None:
        offsets = dict(self.loyalty.offsets)
        with may_fail_at(crash) as attempt:
            self.loop.run(self.loyalty.deliver(*events))
        if attempt.failed:
            self.loyalty.offsets = offsets
        else:
            self.known |= {event.id: event for event in events}

    @rule(
        order=ORDERS, kind=st.sampled_from(["placed", "paid", "paid", "paid", "updated"]), total=TOTALS,
        version=VERSIONS, days=DAYS, crash=CRASHES,
    )  # fmt: skip
    def an_order_is_told(self, order, kind, total, version, days, crash):
        snapshot = OrderSnapshot(order_id=order, currency="IRR", total=total, version=version)
        self.tell(f"order.{kind}", snapshot, days, crash)

    @rule(order=ORDERS, version=VERSIONS, days=DAYS, crash=CRASHES)
    def a_cancellation_is_told(self, order, version, days, crash):
        self.tell("order.cancelled", OrderCancelled(order_id=order, version=version), days, crash)

    @rule(order=ORDERS, refund=st.sampled_from("xy"), amount=TOTALS, days=DAYS, crash=CRASHES)
    def a_refund_is_told(self, order, refund, amount, days, crash):
        data = RefundIssued(refund_id=f"{order}-{refund}", order_id=order, currency="IRR", amount=amount)
        self.tell("refund.issued", data, days, crash)

    @rule(lot=st.sampled_from("lm"), points=POINTS, days=DAYS, lasts=LASTS, crash=CRASHES)
    def points_are_brought_along(self, lot, points, days, lasts, crash):
        last_day = None if lasts is None else (NOON + timedelta(days=days + lasts)).date()
        self.tell("points.opened", PointsOpened(lot_id=lot, points=points, last_day=last_day), days, crash)

    @rule(tier=st.sampled_from(["silver", "gold", "unheard-of"]), days=DAYS, lasts=st.integers(-3, 40), crash=CRASHES)
    def a_tier_is_granted(self, tier, days, lasts, crash):
        self.tell("tier.granted", TierGranted(tier=tier, until=NOON + timedelta(days=days + lasts)), days, crash)

    @rule(
        what=st.sampled_from(["customer.logged_in", "customer.signed_up", "review.submitted", "act.done"]),
        subject=st.sampled_from("pqr"), days=st.integers(0, 60), crash=CRASHES,
    )  # fmt: skip
    def something_else_is_done(self, what, subject, days, crash):
        data = {
            "review.submitted": ReviewSubmitted(product_id=subject, rating=4),
            "act.done": ActDone(act="story-shared", subject_id=subject),
        }
        self.tell(what, data.get(what, Interaction()), days, crash)

    @precondition(lambda self: self.told)
    @rule(picks=st.lists(st.integers(0, 100), min_size=1, max_size=4), remembered=st.booleans(), crash=CRASHES)
    def some_come_again(self, picks, remembered, crash):
        """What was lost with its batch comes now; what was applied changes nothing, even where the inbox forgot it."""
        if not remembered:
            self.loop.run(self.loyalty.database.worker.execute("DELETE FROM inbox"))
        self.deliver([self.told[pick % len(self.told)] for pick in picks], crash)

    # All together less than the ninety days behind which an event is too old to be applied.
    @precondition(lambda self: self.loyalty.clock.now() < NOON + timedelta(days=60))
    @rule(days=st.integers(0, 25), crash=st.sampled_from([None, None, StreamFailpoint.TIMER_BEFORE_COMMIT]))
    def time_passes(self, days, crash):
        with may_fail_at(crash):
            self.loop.run(self.loyalty.pass_time(days=days))

    @invariant()
    def the_ledger_adds_up(self):
        assert self.loop.run(self.loyalty.invariant_violations()) == []

    @invariant()
    def every_posting_was_published_once(self):
        async def look():
            entries = await self.loyalty.database.worker.fetch("SELECT entry_id FROM entries")
            return {row["entry_id"] for row in entries}, await self.loyalty.news()

        kept, _ = self.loop.run(look())
        told = [entry.entry_id for one in self.published() for entry in one.data.entries]
        assert Counter(told) == dict.fromkeys(kept, 1)

    def published(self) -> list[Event]:
        return [event for event in self.loyalty.published if event.type == "points.posted"]

    async def stands(self, customer: str):
        balance = await self.loyalty.balance(customer)
        rows = await self.loyalty.database.worker.fetch(
            """
            SELECT order_id, kind, bucket, effective_at, sum(points)::bigint AS points FROM entries
            WHERE customer_id = $1 GROUP BY 1, 2, 3, 4 HAVING sum(points) <> 0 ORDER BY 1, 2, 3, 4
            """,
            customer,
        )
        hidden = {"customer_id", "as_of", "version"}
        return {name: value for name, value in balance.items() if name not in hidden}, [tuple(row) for row in rows]

    def teardown(self):
        if not self.known:
            return
        self.time_passes(0, None)
        in_order = sorted(self.known.values(), key=lambda event: (event.time, event.id))
        twins = [
            self.event(event.type, event.data, (event.time - NOON) / timedelta(days=1), event.id.int >> 64, "d")
            for event in in_order
        ]
        self.loop.run(self.loyalty.deliver(*twins))
        assert self.loop.run(self.stands("c")) == self.loop.run(self.stands("d"))


@pytest.mark.parametrize("remembered_from", [1, 3, REMEMBERED_FROM])
def test_an_account_is_what_its_facts_make_of_it_whatever_was_lost_repeated_or_late(
    postgres, monkeypatch, remembered_from
):
    monkeypatch.setattr(account, "REMEMBERED_FROM", remembered_from)
    with Loop() as loop:
        database = loop.enter(service_database(postgres, "loyalty"))
        owner = loop.run(asyncpg.connect(database.owner_url))
        loyalty = loop.enter(loyalty_service(database))
        programme = default_document("IRR").replace("version: 1", "version: 2") + ACTS
        assert loop.run(loyalty.put_programme(programme)).status_code == 201
        machine = type("Machine", (AccountRule,), {"loop": loop, "loyalty": loyalty, "owner": owner})
        run_machine(machine, examples=25, steps=20)
        loop.run(owner.close())
