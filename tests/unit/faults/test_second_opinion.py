"""The checkers' own view of points and orders, beside the product's: written apart, they must agree on any story."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.customer import Customer
from churn.domain.facts import take_in
from faults.recompute.orders import orders_of, same_orders
from faults.recompute.points import Worth, worth
from faults.recompute.programmes import Rules, default_rules, read_rules
from loyalty.domain.account import Account, Order
from loyalty.domain.ids import lot_id
from loyalty.domain.zones import always
from loyalty.earning.orders import fact_of
from loyalty.programme.document import default_programme, parse_programme
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderCancelled, OrderSnapshot, RefundIssued
from mandegar.quantities import to_us

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ZONE = "Asia/Tehran"
CUSTOMER = CustomerKey("s", "c")
# Few instants, so that many things fall together: holds of 14 days, a window of 20, days that begin at 20:30 UTC.
INSTANTS = st.sampled_from([0, 1, 1, 2, 6, 14, 15, 20, 21, 26, 28, 34]).map(lambda days: START + timedelta(days=days))
LATE = st.sampled_from([15, 20, 21, 26, 28, 34, 60]).map(lambda days: START + timedelta(days=days))
AMOUNTS = st.sampled_from(["10.5", "99.99", "100", "250", "700", "1000", "0", "0.0000000015"]).map(Decimal)
ORDERS = st.sampled_from(["a", "b", "d"])
IDS = st.uuids(version=4)


@st.composite
def facts(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["order.paid", "order.paid", "order.updated", "order.cancelled", "refund.issued"]))
    order_id, version = draw(ORDERS), draw(st.integers(0, 4))
    if kind == "refund.issued":
        data = RefundIssued(
            refund_id=draw(st.sampled_from("xy")), order_id=order_id, currency="IRR", amount=draw(AMOUNTS)
        )
    elif kind == "order.cancelled":
        data = OrderCancelled(order_id=order_id, version=version)
    else:
        data = OrderSnapshot(order_id=order_id, currency="IRR", total=draw(AMOUNTS), version=version)
    return event(draw(IDS), kind, draw(INSTANTS), data)


def event(id_: UUID, kind: str, at: datetime, data: object) -> Event:
    return Event(id=id_, source="urn:x", type=kind, time=at, shop="s", recorded_time=at, data=data, customer_id="c")


def document(per: int, hold: int, expiry: int | None, multiplier: str, window: int) -> str:
    ends = "" if expiry is None else f"expiry: {{days: {expiry}}}\n"
    return (
        f"version: 1\ncurrency: IRR\nearn: {{points: 3, per: {per}}}\nhold: {{days: {hold}}}\n{ends}"
        f"tiers: {{window_days: {window}, levels: [{{name: low, spend: 0}}, "
        f"{{name: high, spend: 300, multiplier: {multiplier}}}]}}\n"
    )


documents = st.builds(
    document,
    st.sampled_from([1, 7, 10]),
    st.sampled_from([0, 1, 14]),
    st.sampled_from([None, 1, 6, 20]),
    st.sampled_from(["1", "1.25", "2.333"]),
    st.sampled_from([5, 20, 365]),
)


def of_loyalty(told: list[Event], texts: list[str], at: list[datetime], now: datetime) -> Worth:
    """The product's balance after it was told one fact after the other, and settled each time."""
    programmes = [default_programme("IRR")] + [
        parse_programme(text, version=n + 1, effective_from=to_us(begins), currency="IRR")
        for n, (text, begins) in enumerate(zip(texts, at, strict=True))
    ]
    account = Account({})
    for each in told:
        order_id = each.data.order_id
        order = account.orders.setdefault(order_id, Order(order_id, lot_id(CUSTOMER, order_id), [], {}))
        order.add(fact_of(each))
        settled = account.settle(programmes, always(shop_days(ZONE)), to_us(now))
    return Worth(*settled.balance, settled.tier)


def rules_of(texts: list[str], at: list[datetime]) -> list[Rules]:
    return [default_rules("IRR"), *(read_rules(text, begins) for text, begins in zip(texts, at, strict=True))]


@settings(max_examples=400, deadline=None)
@given(st.lists(facts(), min_size=5, max_size=16), st.lists(documents, min_size=1, max_size=2), LATE)
def test_both_views_of_points_agree(told: list[Event], texts: list[str], now: datetime) -> None:
    begins = [START - timedelta(days=1), START + timedelta(days=3, hours=5)][: len(texts)]

    due = worth(CUSTOMER, told, rules_of(texts, begins), ZoneInfo(ZONE), now)

    assert due == of_loyalty(told, texts, begins, now)


@settings(max_examples=200, deadline=None)
@given(st.lists(facts(), min_size=1, max_size=14))
def test_both_views_of_orders_agree(told: list[Event]) -> None:
    customer = Customer("s", "c", 0)
    for each in told:
        take_in(customer, each)

    assert same_orders(customer.orders, orders_of(told)[CUSTOMER])


def test_the_built_in_programme_reads_the_same() -> None:
    for currency in ("IRR", "EUR", "XYZ"):
        rules, programme = default_rules(currency), default_programme(currency)

        assert rules.points_per_billionth == Fraction(*programme.rates[0])
        assert (rules.hold.days, rules.expiry_days) == (programme.hold_days, programme.expiry_days)
        assert [(tier.name, tier.spend) for tier in rules.tiers] == [
            (tier.name, line) for tier, line in zip(programme.tiers, programme.lines, strict=True)
        ]
