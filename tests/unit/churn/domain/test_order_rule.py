"""A customer's packed orders through restarts and lost batches, beside a model that remembers every fact."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from builders.packed_orders import NOON, TEHRAN, cancelled, pack, paid, refunded, snapshot, unpack
from churn.domain.orders import Orders, money
from churn.domain.purchases import purchases, statistics
from harness.machines import run_machine
from mandegar.events.orders import STAGES

ORDERS = st.sampled_from(["a", "b", "c"])
AMOUNTS = st.integers(0, 40).map(lambda quarters: Decimal(quarters) / 4)


class Fact(NamedTuple):
    """One event about an order."""

    event: int
    order: str
    kind: str
    amount: Decimal = Decimal(0)
    version: int = 0
    refund: str = ""
    at: datetime = NOON

    def into(self, orders: Orders) -> None:
        match self.kind:
            case "refund":
                refunded(self.order, self.refund, self.amount, self.at)(orders)
            case "cancelled":
                cancelled(self.order, self.version, self.at)(orders)
            case _:
                snapshot(self.order, self.amount, self.version, self.at, STAGES[f"order.{self.kind}"])(orders)
                if self.kind == "paid":
                    paid(self.order, self.at)(orders)


def net_of(facts: set[Fact]) -> Decimal | None:
    """What an order is worth as a purchase; None where it is none. Straight from the words of the design."""
    paid = [fact for fact in facts if fact.kind == "paid"]
    newest = max(
        (fact for fact in facts if fact.kind != "refund"),
        key=lambda fact: (fact.version, fact.kind == "cancelled", fact.at, fact.kind != "placed", -fact.amount),
        default=None,
    )
    if not paid or newest is None or newest.kind == "cancelled":
        return None
    refunds: dict[str, Decimal] = {}
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.amount)):
        if fact.kind == "refund":
            refunds[fact.refund] = fact.amount
    refunded = sum(refunds.values(), Decimal(0))
    return None if refunded and refunded >= newest.amount else newest.amount - refunded


class OrderRule(RuleBasedStateMachine):
    """``row`` is what the database has."""

    def __init__(self) -> None:
        super().__init__()
        self.row = pack({})
        self.sent: list[Fact] = []
        self.applied: set[Fact] = set()

    def take_in(self, facts: list[Fact]) -> None:
        orders = unpack(self.row)
        for fact in facts:
            fact.into(orders)
        self.row = pack(orders)
        self.applied |= set(facts)

    @rule(
        order=ORDERS, kind=st.sampled_from(["placed", "paid", "paid", "cancelled"]), amount=AMOUNTS,
        version=st.integers(1, 4), hours=st.integers(-60, 60),
    )  # fmt: skip
    def an_order_changes(self, order, kind, amount, version, hours):
        self.sent.append(Fact(len(self.sent), order, kind, amount, version, at=NOON + timedelta(hours=hours)))
        self.take_in(self.sent[-1:])

    @rule(order=ORDERS, refund=st.sampled_from("xy"), amount=AMOUNTS, hours=st.integers(0, 2))
    def a_refund_is_issued(self, order, refund, amount, hours):
        self.sent.append(Fact(len(self.sent), order, "refund", amount, refund=refund, at=NOON + timedelta(hours=hours)))
        self.take_in(self.sent[-1:])

    @precondition(lambda self: self.sent)
    @rule(picks=st.lists(st.integers(0, 100), min_size=1, max_size=6))
    def some_come_again(self, picks):
        self.take_in([self.sent[pick % len(self.sent)] for pick in picks])

    @rule(order=ORDERS, amount=AMOUNTS, version=st.integers(1, 9))
    def a_batch_is_lost(self, order, amount, version):
        """It died before its commit; the event comes again in its time, or late."""
        self.sent.append(Fact(len(self.sent), order, "paid", amount, version))
        self.sent[-1].into(unpack(self.row))

    @invariant()
    def purchases_are_those_of_the_applied_facts(self):
        days: dict[int, list[Decimal]] = {}
        for order in "abc":
            facts = {fact for fact in self.applied if fact.order == order}
            if (net := net_of(facts)) is not None:
                paid_at = min(fact.at for fact in facts if fact.kind == "paid")
                days.setdefault(paid_at.astimezone(TEHRAN.zone).toordinal(), []).append(net)
        bought = purchases(unpack(self.row), TEHRAN)
        assert {one.day: (money(one.net), one.orders) for one in bought} == {
            day: (sum(nets), len(nets)) for day, nets in days.items()
        }
        counted = statistics(bought, TEHRAN)
        assert (counted.x if counted else -1) == len(days) - 1

    @invariant()
    def the_same_facts_at_once_are_the_same_bytes(self):
        orders: Orders = {}
        for fact in sorted(self.applied, reverse=True):
            fact.into(orders)
        assert pack(orders) == self.row


def test_orders_are_the_fold_of_their_facts_whatever_was_lost_repeated_or_late():
    run_machine(OrderRule, examples=150, steps=25)
