"""Purses through reservations that are confirmed, cancelled, left alone or asked for twice, rewards, part payments,
coupons, adjustments with a second person, orders that come late or are undone, merges, commits that die and time that
passes.

At the end an independent recomputation from the events has the same balances, and a rebuild from the topics the same
rows.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from structlog.testing import capture_logs

from builders.merges import merges
from builders.opening import opened
from harness.databases import ServiceDatabase, service_database
from harness.failing import may_fail_at
from harness.in_process import NOON, SHOP
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty, loyalty_service
from harness.machines import Loop, run_machine
from harness.purses import (
    CREDITING,
    KEPT,
    PLAIN,
    PLAYFUL,
    REFUSALS,
    emptied,
    end_reservations,
    is_as_recomputed,
    pool,
    set_up,
)
from loyalty.domain import account
from loyalty.domain.remembered import REMEMBERED_FROM
from loyalty.till import apply
from mandegar.events import Event
from mandegar.events.ingest import ActDone, Interaction, OrderCancelled, OrderSnapshot, RefundIssued
from mandegar.events.opening import PointsOpened
from mandegar.failpoints import StreamFailpoint

WHO = st.sampled_from(["c", "c", "g"])
ORDERS = st.sampled_from(["o1", "o2", "o3"])
DAYS = st.floats(-12, 0).map(lambda days: round(days, 1))
TOTALS = st.integers(0, 12).map(lambda number: Decimal(number) * 750_000)
POINTS = st.sampled_from([1, 3, 7, 20, 60])
CREDIT = st.sampled_from(["1000", "75001", "400000"])
# Of points; above 100 it is credit.
AMOUNTS = st.sampled_from([5, 15, 40, -5, -15, -40, 400, 100_000, 300_000, -400, -100_000, -300_000])
LASTS = st.sampled_from([60, 86_400, 5 * 86_400])
BATCH_DIES = st.sampled_from([None, None, StreamFailpoint.BATCH_AFTER_OFFSETS, StreamFailpoint.BATCH_BEFORE_COMMIT])
TIMER_DIES = st.sampled_from([None, None, StreamFailpoint.TIMER_BEFORE_COMMIT])
COMMAND_DIES = st.sampled_from(
    [None, None, None, StreamFailpoint.COMMANDS_BEFORE_COMMIT, StreamFailpoint.COMMANDS_AFTER_COMMIT]
)
EXAMPLES = 25
PROGRAMMES = {"plain": PLAIN, "playful": PLAYFUL, "crediting": CREDITING}
ANNA, BEHZAD = "staff-anna", "staff-behzad"


class SpendingRule(RuleBasedStateMachine):
    """The customer ``c``, and the guest ``g`` who may turn out to be ``c``. What stands above is set by the test."""

    loop: Loop
    loyalty: Loyalty
    owner: asyncpg.Connection
    empty: Callable[..., Any]
    setup: list[Event]
    programme: str

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count()
        self.told: list[Event] = []
        self.heard: dict[UUID, Event] = {}
        self.made: list[tuple[str, Any]] = []
        self.adjusted: list[Any] = []
        self.codes: list[str] = []
        self.used: Counter[str] = Counter()
        self.is_merged = False

    @initialize()
    def begin(self):
        self.loop.run(emptied(self.owner, KEPT))
        self.loop.run(pool(self.loyalty, self.setup))
        self.loyalty.clock.set(NOON)
        self.loyalty.published[:] = self.setup
        self.deliver([opened("a", 60, customer="c", days=-1), opened("b", 20, until=6, customer="g", days=-1)], None)

    # What the shop tells.

    def tell(self, who: str, type_: str, data: object, days: float, crash: StreamFailpoint | None) -> None:
        now = self.loyalty.clock.now()
        event = Event(
            id=UUID(int=next(self.numbers) + 1), source="urn:mandegar:test", type=type_, shop=SHOP,
            time=now + timedelta(days=days), recorded_time=now, customer_id=who, data=data,
        )  # fmt: skip
        self.told.append(event)
        self.deliver([event], crash)

    def deliver(self, events: list[Event], crash: StreamFailpoint | None) -> None:
        offsets = dict(self.loyalty.offsets)
        with may_fail_at(crash) as attempt:
            self.loop.run(self.loyalty.deliver(*events))
        if attempt.failed:
            self.loyalty.offsets = offsets
        else:
            self.heard |= {event.id: event for event in events if event.id not in self.heard}

    @rule(
        who=WHO,
        order=ORDERS,
        kind=st.sampled_from(["paid", "paid", "updated"]),
        total=TOTALS,
        days=DAYS,
        crash=BATCH_DIES,
    )
    def an_order_is_told(self, who, order, kind, total, days, crash):
        version = len(self.told) % 4 + 1
        self.tell(
            who,
            f"order.{kind}",
            OrderSnapshot(order_id=order, currency="IRR", total=total, version=version),
            days,
            crash,
        )

    @rule(who=WHO, order=ORDERS, amount=TOTALS, refund=st.sampled_from("xy"), days=DAYS, crash=BATCH_DIES)
    def a_refund_is_told(self, who, order, amount, refund, days, crash):
        data = RefundIssued(refund_id=f"{order}-{refund}", order_id=order, currency="IRR", amount=amount)
        self.tell(who, "refund.issued", data, days, crash)

    @rule(who=WHO, order=ORDERS, version=st.integers(1, 4), days=DAYS, crash=BATCH_DIES)
    def a_cancellation_is_told(self, who, order, version, days, crash):
        self.tell(who, "order.cancelled", OrderCancelled(order_id=order, version=version), days, crash)

    @rule(
        who=WHO,
        lot=st.sampled_from("lm"),
        points=st.sampled_from([0, 30, 200]),
        days=DAYS,
        lasts=st.sampled_from([None, 3, 14]),
        crash=BATCH_DIES,
    )
    def points_are_brought_along(self, who, lot, points, days, lasts, crash):
        last_day = None if lasts is None else (self.loyalty.clock.now() + timedelta(days=days + lasts)).date()
        self.tell(who, "points.opened", PointsOpened(lot_id=lot, points=points, last_day=last_day), days, crash)

    @precondition(lambda self: self.programme == PLAYFUL)
    @rule(who=WHO, is_visit=st.booleans(), days=st.floats(0, 0.5), crash=BATCH_DIES)
    def something_else_is_done(self, who, is_visit, days, crash):
        data = Interaction() if is_visit else ActDone(act="story-shared", subject_id="p")
        self.tell(who, "customer.logged_in" if is_visit else "act.done", data, round(days, 1), crash)

    @precondition(lambda self: self.told)
    @rule(picks=st.lists(st.integers(0, 100), min_size=1, max_size=3), remembered=st.booleans(), crash=BATCH_DIES)
    def some_come_again(self, picks, remembered, crash):
        """What was lost with its batch comes now; what was applied changes nothing, even where the inbox forgot it."""
        if not remembered:
            self.loop.run(self.loyalty.database.worker.execute("DELETE FROM inbox"))
        self.deliver([self.told[pick % len(self.told)] for pick in picks], crash)

    @precondition(lambda self: not self.is_merged)
    @rule(pick=st.integers(0, 3))
    def the_guest_is_the_customer(self, pick):
        if pick == 0:
            self.is_merged = True
            self.deliver(merges("g", "c"), None)

    @precondition(lambda self: self.loyalty.clock.now() < NOON + timedelta(days=45))
    @rule(days=st.sampled_from([0, 0.01, 0.5, 1, 3, 9]), crash=TIMER_DIES)
    def time_passes(self, days, crash):
        with may_fail_at(crash):
            self.loop.run(self.loyalty.pass_time(days=days))

    # What people ask for.

    def ask(
        self, path: str, scope: str, body: Any, *, by: str | None, crash: StreamFailpoint | None, again: bool
    ) -> Any:
        """The answer, or None if it is lost; asked again under the same key, the request is answered."""
        headers = {"Idempotency-Key": f"k{next(self.numbers)}"}

        def request() -> Any:
            return self.loyalty.ask("POST", path, scope, subject=by, json=body, headers=headers)

        # The traceback of a bug, with all its locals, takes the console ten seconds to draw.
        with capture_logs(), may_fail_at(crash) as attempt:
            answer = self.loop.run(request())
        if attempt.failed and not again:
            return None
        if attempt.failed or again:
            before = None if attempt.failed else answer
            answer = self.loop.run(request())
            if before is not None:
                assert answer.status_code == before.status_code, (before.text, answer.text)
        assert answer.status_code < 300 or answer.json()["code"] in REFUSALS, (path, body, answer.text)
        return answer

    def reserve(self, who: str, body: dict[str, Any], crash: StreamFailpoint | None, again: bool) -> None:
        path = f"/v1/customers/{who}/redemptions"
        answer = self.ask(path, "points:spend", body, by=None, crash=crash, again=again)
        if answer is not None and answer.status_code == 201:
            self.made.append((who, answer.json()))

    @rule(who=WHO, points=POINTS, lasts=LASTS, order=st.none() | ORDERS, crash=COMMAND_DIES, again=st.booleans())
    def points_are_reserved(self, who, points, lasts, order, crash, again):
        body = {"points": points, "expires_in": lasts}
        if order is not None:
            body["order"] = {"order_id": order, "total": "3000000", "currency": "IRR"}
        self.reserve(who, body, crash, again)

    @rule(
        who=WHO, name=st.sampled_from(["mug", "tea", "cinema"]), points=st.none() | POINTS, lasts=LASTS, order=ORDERS,
        crash=COMMAND_DIES, again=st.booleans(),
    )  # fmt: skip
    def a_reward_is_reserved(self, who, name, points, lasts, order, crash, again):
        """Alone, or with points that pay a part of an order."""
        body = {"reward": name, "expires_in": lasts}
        if points is not None:
            body |= {"points": points, "order": {"order_id": order, "total": "3000000", "currency": "IRR"}}
        self.reserve(who, body, crash, again)

    @precondition(lambda self: self.programme == CREDITING)
    @rule(who=WHO, credit=CREDIT, points=st.none() | POINTS, lasts=LASTS, order=st.none() | ORDERS, crash=COMMAND_DIES)
    def credit_is_reserved(self, who, credit, points, lasts, order, crash):
        """Alone, or beside points; for an order it pays a part of it."""
        bill = None if order is None else {"order_id": order, "total": "3000000", "currency": "IRR"}
        body = {"credit": credit, "expires_in": lasts, "points": points, "order": bill}
        self.reserve(who, body, crash, crash is not None)

    @rule(who=WHO, points=POINTS)
    def three_tills_ask_at_once(self, who, points):
        async def ask() -> list[Any]:
            path = f"/v1/customers/{who}/redemptions"
            keys = [f"k{next(self.numbers)}" for _ in range(3)]
            return await asyncio.gather(
                *[
                    self.loyalty.ask(
                        "POST", path, "points:spend", json={"points": points}, headers={"Idempotency-Key": key}
                    )
                    for key in keys
                ]
            )

        for answer in self.loop.run(ask()):
            assert answer.status_code == 201 or answer.json()["code"] in REFUSALS, answer.text
            if answer.status_code == 201:
                self.made.append((who, answer.json()))

    @precondition(lambda self: self.made)
    @rule(
        pick=st.integers(0, 100),
        verb=st.sampled_from(["confirm", "confirm", "cancel"]),
        crash=COMMAND_DIES,
        again=st.booleans(),
    )
    def a_reservation_is_ended(self, pick, verb, crash, again):
        who, redemption = self.made[pick % len(self.made)]
        path = f"/v1/customers/{who}/redemptions/{redemption['redemption_id']}/{verb}"
        answer = self.ask(path, "points:spend", None, by=None, crash=crash, again=again)
        if answer is not None and answer.status_code == 200 and answer.json().get("coupon"):
            self.codes.append(answer.json()["coupon"]["code"])

    @precondition(lambda self: self.made)
    @rule(
        pick=st.integers(0, 100),
        reference=st.sampled_from("ab"),
        points=st.sampled_from([None, 1, 5]),
        crash=COMMAND_DIES,
        again=st.booleans(),
    )
    def spent_points_are_given_back(self, pick, reference, points, crash, again):
        who, redemption = self.made[pick % len(self.made)]
        path = f"/v1/customers/{who}/redemptions/{redemption['redemption_id']}/return"
        self.ask(path, "points:spend", {"reference": reference, "points": points}, by=None, crash=crash, again=again)

    @precondition(lambda self: self.codes)
    @rule(pick=st.integers(0, 100), order=ORDERS)
    def a_coupon_is_used(self, pick, order):
        code = self.codes[pick % len(self.codes)]
        answer = self.ask(
            f"/v1/coupons/{code}/redeem", "points:spend", {"order_id": order}, by=None, crash=None, again=False
        )
        assert answer.status_code in {200, 409}

    @rule(who=WHO, amount=AMOUNTS, allow_debt=st.booleans(), crash=COMMAND_DIES, again=st.booleans())
    def staff_gives_or_takes(self, who, amount, allow_debt, crash, again):
        body = {"points": amount, "reason": "goodwill", "note": "because", "allow_debt": allow_debt and amount < 0}
        if abs(amount) > 100:
            if self.programme != CREDITING:
                return
            body |= {"points": None, "credit": str(amount), "expires_in_days": 3 if amount == 300_000 else None}
        path = f"/v1/customers/{who}/adjustments"
        answer = self.ask(path, "points:adjust", body, by=ANNA, crash=crash, again=again)
        if answer is not None and answer.status_code == 202:
            self.adjusted.append(answer.json())

    @precondition(lambda self: self.adjusted)
    @rule(
        pick=st.integers(0, 100), verb=st.sampled_from(["approve", "approve", "refuse"]),
        by=st.sampled_from([ANNA, BEHZAD, BEHZAD]), crash=COMMAND_DIES, again=st.booleans(),
    )  # fmt: skip
    def a_second_person_decides(self, pick, verb, by, crash, again):
        path = f"/v1/adjustments/{self.adjusted[pick % len(self.adjusted)]['adjustment_id']}/{verb}"
        answer = self.ask(path, "points:adjust", None, by=by, crash=crash, again=again)
        assert answer is None or by == BEHZAD or answer.status_code == 409

    # What always holds.

    @invariant()
    def the_ledger_adds_up(self):
        assert self.loop.run(self.loyalty.invariant_violations()) == []

    @invariant()
    def what_is_held_is_what_open_reservations_hold(self):
        rows = self.loop.run(
            self.loyalty.database.worker.fetch(
                """
                SELECT c.customer_id, c.held, coalesce(sum(r.points), 0) AS reserved
                FROM customers c LEFT JOIN redemptions r ON (r.shop, r.customer_id) = (c.shop, c.customer_id)
                    AND r.state = 'reserved' AND r.expires_at > c.settled_at
                GROUP BY c.shop, c.customer_id, c.held HAVING c.held <> coalesce(sum(r.points), 0)
                """
            )
        )
        assert rows == []

    @invariant()
    def no_lot_gives_back_more_than_it_gave(self):
        rows = self.loop.run(
            self.loyalty.database.worker.fetch(
                """
                SELECT lot_id, sum(points) FROM entries
                WHERE kind IN ('earn', 'open', 'reverse', 'credit.earn', 'credit.open', 'credit.reverse')
                GROUP BY lot_id HAVING sum(points) < 0
                """
            )
        )
        assert rows == []

    @invariant()
    def every_posting_was_published_once(self):
        kept = self.loop.run(self.loyalty.database.worker.fetch("SELECT entry_id FROM entries"))
        self.loop.run(self.loyalty.news())
        postings = [event for event in self.loyalty.published if event.type in {"points.posted", "credit.posted"}]
        told = [entry.entry_id for one in postings for entry in one.data.entries]
        assert Counter(told) == dict.fromkeys((row["entry_id"] for row in kept), 1)

    def teardown(self):
        if not self.heard:
            return
        self.time_passes(0.01, None)  # what is told as history is taken for complete after half a minute
        if self.programme != PLAYFUL:
            self.loop.run(is_as_recomputed(self.loyalty, self.programme, [*self.heard.values()], merged=self.is_merged))
        self.loop.run(self._is_as_rebuilt())

    async def _is_as_rebuilt(self) -> None:
        async with rebuilt(self.empty, self.loyalty, list(self.heard.values()), Random(len(self.heard))) as again:
            for each in (self.loyalty, again):
                await end_reservations(each)
            await compare(self.loyalty, again)


@pytest.mark.parametrize("remembered_from", [1, REMEMBERED_FROM])
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_purse_is_what_was_told_and_asked_whatever_died_or_came_twice(
    postgres, monkeypatch, programme, remembered_from
):
    monkeypatch.setattr(account, "REMEMBERED_FROM", remembered_from)
    if remembered_from == 1:
        monkeypatch.setattr(apply, "WALKED_MAX", 1)
    with Loop() as loop:
        lived, beside = [loop.enter(service_database(postgres, "loyalty")) for _ in range(2)]
        owner, other = [loop.run(asyncpg.connect(database.owner_url)) for database in (lived, beside)]

        async def empty(_: str) -> ServiceDatabase:
            await emptied(other, ())
            return beside

        loyalty = loop.enter(loyalty_service(lived))
        setup = loop.run(set_up(loyalty, PROGRAMMES[programme]))
        members = {
            "loop": loop, "loyalty": loyalty, "owner": owner, "empty": staticmethod(empty), "setup": setup,
            "programme": PROGRAMMES[programme],
        }  # fmt: skip
        run_machine(type("Machine", (SpendingRule,), members), examples=EXAMPLES, steps=30)
        for connection in (owner, other):
            loop.run(connection.close())
