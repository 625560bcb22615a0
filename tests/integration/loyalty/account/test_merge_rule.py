"""Customers who turn out to be one, through merges that the partitions of both tell at any time, late events of
aliases, orders under several ids, batches that die and time that passes.

At the end a twin of each root is told all facts at once, in the order in which they happened: both have the same.
"""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from builders.merges import merged
from harness.databases import service_database
from harness.failing import may_fail_at
from harness.in_process import NOON, SHOP
from harness.loyalty_service import Loyalty, loyalty_service
from harness.machines import Loop, run_machine
from loyalty.domain import account
from loyalty.domain.remembered import REMEMBERED_FROM
from mandegar.events import Event
from mandegar.events.ingest import OrderCancelled, OrderMoved, OrderSnapshot, RefundIssued
from mandegar.events.opening import PointsOpened, TierGranted
from mandegar.failpoints import StreamFailpoint

IDS = st.sampled_from("abcd")
ORDERS = st.sampled_from(["o1", "o2", "o3", "o4"])
DAYS = st.integers(-40, 20)
TOTALS = st.integers(0, 40).map(lambda number: Decimal(number) * 250_000)
VERSIONS = st.integers(1, 4)
LASTS = st.none() | st.integers(-5, 40)
CRASHES = st.sampled_from([None, None, None, StreamFailpoint.BATCH_AFTER_OFFSETS, StreamFailpoint.BATCH_BEFORE_COMMIT])
PROGRAMMES = {
    "tiers, holds and expiries": """
        version: 1
        currency: IRR
        earn: {points: 1, per: 100000}
        hold: {days: 3}
        expiry: {days: 20, warn_days: 5}
        tiers:
          window_days: 15
          levels:
            - {name: bronze, spend: 0}
            - {name: silver, spend: 5000000, multiplier: 1.5}
            - {name: gold, spend: 12000000, multiplier: 3}
        """,
    "one tier": """
        version: 1
        currency: IRR
        earn: {points: 3, per: 100000}
        tiers: {window_days: 30, levels: [{name: member, spend: 0}]}
        """,
}


class MergeRule(RuleBasedStateMachine):
    """``loop``, ``loyalty`` and ``owner`` are set by the test. ``waiting`` is still to be told."""

    loop: Loop
    loyalty: Loyalty
    owner: asyncpg.Connection

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []
        self.roots = {id_: id_ for id_ in "abcd"}
        self.waiting: defaultdict[str, list[Event]] = defaultdict(list)

    @initialize()
    def begin(self):
        async def fresh():
            for table in ("entries", "orders", "customers", "inbox", "outbox"):
                await self.owner.execute(f"TRUNCATE {table} CASCADE")
            self.loyalty.clock.set(NOON)
            self.loyalty.published.clear()

        self.loop.run(fresh())

    def root(self, id_: str) -> str:
        while self.roots[id_] != id_:
            id_ = self.roots[id_]
        return id_

    def event(self, type_: str, data: object, days: float, number: int, customer: str) -> Event:
        """The twins' events have other ids, which sort alike."""
        time = NOON + timedelta(days=days)
        return Event(
            id=UUID(int=number << 64 | customer.startswith("twin")), source="urn:mandegar:test", type=type_, time=time,
            shop=SHOP, recorded_time=max(time, self.loyalty.clock.now()), customer_id=customer, data=data,
        )  # fmt: skip

    def tell(self, type_: str, data: object, days: float, customer: str) -> None:
        self.told.append(self.event(type_, data, days, len(self.told), customer))
        self.waiting[customer].append(self.told[-1])

    @rule(
        who=IDS, order=ORDERS, kind=st.sampled_from(["placed", "paid", "paid", "paid", "updated"]), total=TOTALS,
        version=VERSIONS, days=DAYS,
    )  # fmt: skip
    def an_order_is_told(self, who, order, kind, total, version, days):
        snapshot = OrderSnapshot(order_id=order, currency="IRR", total=total, version=version)
        self.tell(f"order.{kind}", snapshot, days, who)

    @rule(who=IDS, order=ORDERS, version=VERSIONS, days=DAYS)
    def a_cancellation_is_told(self, who, order, version, days):
        self.tell("order.cancelled", OrderCancelled(order_id=order, version=version), days, who)

    @rule(who=IDS, order=ORDERS, refund=st.sampled_from("xy"), amount=TOTALS, days=DAYS)
    def a_refund_is_told(self, who, order, refund, amount, days):
        data = RefundIssued(refund_id=f"{order}-{refund}", order_id=order, currency="IRR", amount=amount)
        self.tell("refund.issued", data, days, who)

    @rule(who=IDS, to=IDS, order=ORDERS, days=DAYS)
    def an_order_moves(self, who, to, order, days):
        self.tell("order.moved", OrderMoved(order_id=order, to=to), days, who)

    @rule(who=IDS, lot=st.sampled_from("lm"), points=st.integers(0, 300), days=DAYS, lasts=LASTS)
    def points_are_brought_along(self, who, lot, points, days, lasts):
        last_day = None if lasts is None else (NOON + timedelta(days=days + lasts)).date()
        self.tell("points.opened", PointsOpened(lot_id=lot, points=points, last_day=last_day), days, who)

    @rule(who=IDS, tier=st.sampled_from(["silver", "gold", "unheard-of"]), days=DAYS, lasts=st.integers(-3, 40))
    def a_tier_is_granted(self, who, tier, days, lasts):
        self.tell("tier.granted", TierGranted(tier=tier, until=NOON + timedelta(days=days + lasts)), days, who)

    @rule(alias=IDS, root=IDS)
    def two_are_one(self, alias, root):
        alias, root = self.root(alias), self.root(root)
        if alias != root:
            self.roots[alias] = root
            for key in (alias, root):
                self.waiting[key].append(merged(alias, root, under=key))

    @precondition(lambda self: any(self.waiting.values()))
    @rule(pick=st.integers(0, 3), size=st.integers(1, 6), crash=CRASHES, again=st.booleans())
    def a_partition_goes_on(self, pick, size, crash, again):
        keys = sorted(key for key, events in self.waiting.items() if events)
        key = keys[pick % len(keys)]
        if self.deliver(self.waiting[key][:size], crash):
            if again:
                self.loop.run(self.loyalty.deliver(*self.waiting[key][:size]))
            del self.waiting[key][:size]

    def deliver(self, events: list[Event], crash: StreamFailpoint | None) -> bool:
        offsets = dict(self.loyalty.offsets)
        with may_fail_at(crash) as attempt:
            self.loop.run(self.loyalty.deliver(*events))
        if attempt.failed:
            self.loyalty.offsets = offsets
        return not attempt.failed

    @precondition(lambda self: self.loyalty.clock.now() < NOON + timedelta(days=45))
    @rule(days=st.integers(0, 12), crash=st.sampled_from([None, None, StreamFailpoint.TIMER_BEFORE_COMMIT]))
    def time_passes(self, days, crash):
        with may_fail_at(crash):
            self.loop.run(self.loyalty.pass_time(days=days))

    @invariant()
    def the_ledgers_add_up(self):
        assert self.loop.run(self.loyalty.invariant_violations()) == []

    @invariant()
    def every_entry_and_every_version_was_published_once(self):
        kept = self.loop.run(self.loyalty.database.worker.fetch("SELECT entry_id FROM entries"))
        self.loop.run(self.loyalty.news())
        postings = [one for one in self.loyalty.published if one.type == "points.posted"]
        told = [entry.entry_id for one in postings for entry in one.data.entries]
        assert Counter(told) == dict.fromkeys((row["entry_id"] for row in kept), 1)
        counted = [one for one in self.loyalty.published if one.type != "points.expiring"]
        versions = Counter((one.customer_id, one.data.version) for one in counted)
        assert all(times == 1 for times in versions.values())

    async def stands(self, customer: str):
        answer = await self.loyalty.get(f"/v1/customers/{customer}/balance")
        rows = await self.loyalty.database.worker.fetch(
            """
            SELECT order_id, kind, bucket, effective_at, sum(points)::bigint AS points FROM entries
            WHERE customer_id = $1 GROUP BY 1, 2, 3, 4 HAVING sum(points) <> 0 ORDER BY 1, 2, 3, 4
            """,
            customer,
        )
        hidden = {"customer_id", "as_of", "version"}
        body = answer.json() if answer.status_code == 200 else {}
        return {name: value for name, value in body.items() if name not in hidden}, [tuple(row) for row in rows]

    def teardown(self):
        while any(self.waiting.values()):
            self.a_partition_goes_on(0, 6, None, False)
        self.time_passes(0, None)
        twins = []
        for one in sorted(self.told, key=lambda event: (event.time, event.id)):
            root = self.root(one.customer_id)
            if one.type != "order.moved" or self.root(one.data.to) != root:
                days = (one.time - NOON) / timedelta(days=1)
                twins.append(self.event(one.type, one.data, days, one.id.int >> 64, f"twin-{root}"))
        if twins:
            self.loop.run(self.loyalty.deliver(*twins))
        roots = {self.root(one.customer_id) for one in self.told}
        for root in sorted(roots):
            if any(twin.customer_id == f"twin-{root}" for twin in twins):
                assert self.loop.run(self.stands(root)) == self.loop.run(self.stands(f"twin-{root}"))


@pytest.mark.parametrize("remembered_from", [1, 3, REMEMBERED_FROM])
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_merged_is_as_if_it_had_always_been_one(postgres, monkeypatch, programme, remembered_from):
    monkeypatch.setattr(account, "REMEMBERED_FROM", remembered_from)
    with Loop() as loop:
        database = loop.enter(service_database(postgres, "loyalty"))
        owner = loop.run(asyncpg.connect(database.owner_url))
        loyalty = loop.enter(loyalty_service(database))
        answer = loop.run(loyalty.put_programme(PROGRAMMES[programme], effective_from="2026-01-01T00:00:00Z"))
        assert answer.status_code == 201, answer.text
        machine = type("Machine", (MergeRule,), {"loop": loop, "loyalty": loyalty, "owner": owner})
        run_machine(machine, examples=25, steps=25)
        loop.run(owner.close())
