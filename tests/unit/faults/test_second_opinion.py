"""The checkers' own view of points and orders, beside the product's: written apart, they must agree on any story."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

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
from loyalty.redemptions.rebuild import facts_of as redemption_facts
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderCancelled, OrderSnapshot, RefundIssued
from mandegar.events.loyalty import RedeemedPoints, RedemptionChanged
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


@st.composite
def redemptions(draw: st.DrawFn, told: list[Event]) -> list[Event]:
    """Redemptions of orders that had been paid, whether or not all is there once everything is told."""
    paid_at: dict[str, datetime] = {}
    for each in told:
        if each.type == "order.paid":
            name = each.data.order_id
            paid_at[name] = min(each.time, paid_at.get(name, each.time))
    events = []
    for number in range(draw(st.integers(0, 3))):
        begins = draw(INSTANTS | LATE)
        names = [name for name, at in paid_at.items() if at <= begins]
        if not names:
            continue
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        lots = tuple(
            RedeemedPoints(lot_id=UUID(int=1), earned_by=name, points=draw(st.integers(1, 90)), earned_at=begins)
            for name in chosen
        )
        ends = begins + timedelta(days=draw(st.sampled_from([1, 6, 14, 20])))
        whole = RedemptionChanged(
            redemption_id=UUID(int=number), change="reserved", points=1, lots=lots, at=begins, reserved_at=begins,
            expires_at=ends, place=number,
        )  # fmt: skip
        events.append(whole)
        ending = draw(st.sampled_from([None, "confirmed", "confirmed", "cancelled"]))
        at = begins + timedelta(days=draw(st.sampled_from([0, 1, 5, 13])))
        if ending is None or at >= ends:
            continue
        events.append(structs.replace(whole, change=ending, at=at, place=number + 10))
        if ending == "confirmed" and draw(st.booleans()):
            back = tuple(structs.replace(lot, points=(lot.points + 1) // 2) for lot in lots)
            later = at + timedelta(days=draw(st.sampled_from([0, 1, 14])))
            events.append(structs.replace(whole, change="returned", at=later, place=number + 20, given_back=back))
    return [event(UUID(int=1000 + place), "redemption.changed", each.at, each) for place, each in enumerate(events)]


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


def of_loyalty(
    told: list[Event], texts: list[str], at: list[datetime], now: datetime, redeemed: Iterable[Event] = ()
) -> Worth:
    """The product's balance after it was told one fact after the other, and settled each time."""
    programmes = [default_programme("IRR")] + [
        parse_programme(text, version=n + 1, effective_from=to_us(begins), currency="IRR")
        for n, (text, begins) in enumerate(zip(texts, at, strict=True))
    ]
    account = Account({})
    for each in redeemed:
        for order_id, fact in redemption_facts(each):
            account.orders.setdefault(order_id, Order(order_id, lot_id(CUSTOMER, order_id), [], {})).add(fact)
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


@settings(max_examples=400, deadline=None)
@given(st.data(), st.lists(facts(), min_size=5, max_size=16), documents, LATE)
def test_both_views_of_redemptions_agree(data: st.DataObject, told: list[Event], text: str, now: datetime) -> None:
    begins, redeemed = [START - timedelta(days=1)], data.draw(redemptions(told))

    due = worth(CUSTOMER, told, rules_of([text], begins), ZoneInfo(ZONE), now, redeemed=redeemed)

    assert due == of_loyalty(told, [text], begins, now, redeemed)


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
