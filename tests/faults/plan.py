"""What a shop will send, drawn from a seed: every byte of it is known before the first request goes out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from churn.domain.bands import crossing
from churn.domain.model import Model, prior_model
from churn.domain.orders import Orders, record_payment, record_snapshot
from churn.domain.standing import standing_of
from faults import bad
from mandegar.calendar import shop_days
from mandegar.events.orders import PAID
from mandegar.quantities import from_us, to_us

ZONE = ZoneInfo("Asia/Tehran")
AT_RISK = 1
FADING_ORDER = 9_000_000
FADING_DAYS_MAX = 4_000
FADING, BUYING = 0.4, 0.6


@dataclass(frozen=True, slots=True)
class Planned:
    """One event as it goes over the wire. ``expected`` is the code of its refusal when it is bad."""

    id: str
    type: str
    customer: str | None
    body: bytes
    expected: str | None = None

    @property
    def valid(self) -> bool:
        return self.expected is None

    def journalled(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.type, "customer": self.customer, "valid": self.valid}


@dataclass(frozen=True, slots=True)
class Mix:
    """How a load is made up; ``seconds`` is what its due instants (ends of holds) are spread over."""

    events: int = 1500
    customers: int = 150
    seconds: float = 30.0
    duplicates: float = 0.2
    bad: float = 0.05
    reordered_by: int = 60
    hot: float = 0.0
    batches: Sequence[int] = (1, 1, 1, 5, 20, 50)


@dataclass
class _Shop:
    """The story of one load while it is told."""

    name: str
    draw: random.Random
    mix: Mix
    now: datetime
    fading_at: datetime
    told: list[Planned] = field(default_factory=list)

    def tell(self, kind: str, number: object, customer: str | None, at: datetime, data: dict[str, Any]) -> None:
        event: dict[str, Any] = {"id": f"{self.name}-{kind}-{number}", "type": kind, "time": at.isoformat()}
        if customer is not None:
            event["customer"] = {"id": customer}
        self.told.append(Planned(event["id"], kind, customer, orjson.dumps({**event, "data": data})))

    def customer(self, number: int) -> str:
        name = f"{self.name}-c-{number}"
        consent = {channel: {"status": "granted", "at": _ago(self.now, days=500)} for channel in ("email", "sms")}
        data = {"email": f"{name}@example.test", "phone": f"0912{number % 10**7:07d}", "consent": consent}
        self.tell("customer.updated", number, name, self.now - timedelta(days=450), {**data, "locale": "fa-IR"})
        return name

    def faded(self, customer: str, number: int) -> None:
        """Somebody whose only order lies so far back that they have just come to be at risk: a mail goes out."""
        self.tell(
            "order.paid", f"f{number}", customer, self.fading_at, self.total(f"{self.name}-o-f{number}", FADING_ORDER)
        )

    def bought(self, customer: str, number: int) -> None:
        """An order whose hold ends while the load runs: points are activated, and an SMS says until when they last.

        Some orders change, some are cancelled, some refunded, with and without naming the customer.
        """
        draw, order = self.draw, f"{self.name}-o-{number}"
        paid_at = self.now - timedelta(days=1) + timedelta(seconds=draw.uniform(3, 3 + self.mix.seconds))
        amount = draw.randrange(1_000_000, 40_000_000, 100_000)
        self.tell("order.paid", number, customer, paid_at, self.total(order, amount))
        fate = draw.random()
        if fate < 0.15:
            later = paid_at + timedelta(minutes=5)
            self.tell("order.updated", number, customer, later, self.total(order, amount // 2))
        elif fate < 0.25:
            self.tell("order.cancelled", number, customer, paid_at + timedelta(minutes=9), {"order_id": order})
        elif fate < 0.45:
            refund = {"refund_id": f"r-{number}", "order_id": order, "currency": "IRR", "amount": str(amount // 4)}
            named = customer if fate < 0.35 else None
            self.tell("refund.issued", number, named, paid_at + timedelta(minutes=7), refund)

    def looked(self, customer: str, number: int) -> None:
        at = self.now - timedelta(seconds=self.draw.uniform(0, 3600))
        self.tell("product.viewed", number, customer, at, {"product_id": f"p-{self.draw.randrange(500)}"})

    def total(self, order: str, amount: int) -> dict[str, Any]:
        return {"order_id": order, "currency": "IRR", "total": str(amount)}


def plan(
    name: str, seed: int, mix: Mix, now: datetime | None = None, *, model: Model | None = None
) -> list[list[Planned]]:
    """The requests of one load in the order in which they are sent. ``name`` keeps its ids apart from other loads'.

    ``model`` is the one by which the shop is scored; without any it is the prior.
    """
    now = now or datetime.now(UTC)
    fading_at = last_order_of_a_fading_customer(now, model or prior_model())
    shop = _Shop(name, random.Random(f"{seed}/{name}"), mix, now, fading_at)
    _tell_story(shop)
    told = _with_bad(shop, _with_duplicates(shop, _reordered(shop, shop.told)))
    return list(_in_batches(shop, told))


def last_order_of_a_fading_customer(now: datetime, model: Model) -> datetime:
    """When somebody bought for the only time who came to be at risk within the last two days."""
    for days in range(1, FADING_DAYS_MAX):
        at = now - timedelta(days=days)
        orders: Orders = {}
        record_snapshot(orders, "o", Decimal(FADING_ORDER), to_us(at), to_us(at), PAID)
        record_payment(orders, "o", to_us(at))
        standing = standing_of(orders, model, shop_days(ZONE.key))
        assert standing is not None
        found = crossing(standing, AT_RISK)
        if found is not None and now - timedelta(days=2) < from_us(found.at_us) < now - timedelta(hours=1):
            return at
    raise LookupError(f"model version {model.version} takes nobody to be at risk within {FADING_DAYS_MAX} days")


def _tell_story(shop: _Shop) -> None:
    mix, names = shop.mix, []
    for number in range(mix.customers):
        names.append(shop.customer(number))
        if number < mix.customers * FADING:
            shop.faded(names[-1], number)
    buyers = names[int(mix.customers * FADING) :]
    number = 0
    while len(shop.told) < mix.events * (1 - mix.duplicates - mix.bad):
        number += 1
        hot = shop.draw.random() < mix.hot
        customer = buyers[0] if hot else shop.draw.choice(buyers)
        if shop.draw.random() < BUYING:
            shop.bought(customer, number)
        else:
            shop.looked(shop.draw.choice(names), number)


def _reordered(shop: _Shop, told: list[Planned]) -> list[Planned]:
    places = {id(event): index + shop.draw.uniform(0, shop.mix.reordered_by) for index, event in enumerate(told)}
    return sorted(told, key=lambda event: places[id(event)])


def _with_duplicates(shop: _Shop, told: list[Planned]) -> list[Planned]:
    """Every duplicate comes behind its first, near or far."""
    told = list(told)
    for _ in range(int(shop.mix.events * shop.mix.duplicates)):
        index = shop.draw.randrange(len(told))
        told.insert(shop.draw.randrange(index, len(told)) + 1, told[index])
    return told


def _with_bad(shop: _Shop, told: list[Planned]) -> list[Planned]:
    told = list(told)
    for number in range(int(shop.mix.events * shop.mix.bad)):
        index = shop.draw.randrange(len(told))
        spoilt = bad.spoil(told[index], f"{shop.name}-bad-{number}", shop.draw)
        place = index + 1
        while place < len(told) and told[place].expected == bad.ID_CONFLICT:
            place += 1  # nothing comes between an event and what conflicts with it
        told.insert(place, replace(told[index], **spoilt))
    return told


def _in_batches(shop: _Shop, told: list[Planned]) -> Iterator[list[Planned]]:
    """A conflict stays in the request of the event it conflicts with: between two requests either may come first."""
    while told:
        size = shop.draw.choice(shop.mix.batches)
        while size < len(told) and told[size].expected == bad.ID_CONFLICT:
            size += 1
        batch, told = told[:size], told[size:]
        yield batch


def _ago(now: datetime, *, days: int) -> str:
    return (now - timedelta(days=days)).isoformat()
