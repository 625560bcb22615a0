"""What a projection says is what then happens: 200 customers by chance, whose clock is moved from one due instant to
the next.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from builders.opening import granted, opened
from builders.orders import paid, refund
from builders.shops import shop_updated
from harness.in_process import NOON
from harness.loyalty_service import Loyalty
from loyalty.account import prospect
from mandegar.events import Event

CUSTOMERS = 200
DAYS = 150  # behind the autumn, and the spring of the southern half
# Clocks go back on 25 October and 1 November 2026 and forward in March 2027; Tehran has not moved its clock since 2022.
ZONES = ("Asia/Tehran", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe")
EXPIRIES = ("{days: 20, warn_days: 5}", "{days: 90, warn_days: 14}", "{days: 3, warn_days: 10}")


def document(random: Random) -> str:
    window, expiry = random.choice([10, 40, 365]), random.choice(EXPIRIES)
    return f"""
version: 1
currency: IRR
earn: {{points: {random.choice([1, 3])}, per: 100000}}
hold: {{days: {random.choice([0, 3, 14])}}}
expiry: {expiry}
tiers:
  window_days: {window}
  levels:
    - {{name: bronze, spend: 0}}
    - {{name: silver, spend: 20000000, multiplier: 1.5}}
    - {{name: gold, spend: 60000000, multiplier: 2}}
"""


def life(random: Random, shop: str, customer: str) -> list[Event]:
    """Orders, refunds, and what was brought along, told at once; some of it dated a day ahead."""
    who: dict[str, Any] = {"shop": shop, "customer": customer}
    events = []
    for number in range(random.choice([0, 1, 2, 4, 7, 25])):
        order, total, day = f"{customer}-{number}", random.randrange(1, 20) * 1_500_000, random.randrange(-80, 1) / 2
        events.append(paid(order, total, days=day, **who))
        if random.random() < 0.2:
            events.append(refund(order, total // 2, f"r-{order}", days=min(day + random.randrange(9), 0.5), **who))
    if random.random() < 0.3:
        until = random.choice([None, 2, 30, 100])
        events.append(opened(f"lot-{customer}", random.randrange(1, 500), until=until, days=-50, backfill=False, **who))
    if random.random() < 0.3:
        tier, until = random.choice(["silver", "gold"]), random.choice([0.5, 20, 70])
        events.append(granted(tier, until=until, name=f"g-{customer}", days=-3, backfill=False, **who))
    return events or [paid(f"{customer}-only", days=-1, **who)]


async def populate(loyalty: Loyalty, random: Random) -> list[tuple[str, str]]:
    customers = []
    for place, zone in enumerate(ZONES):
        shop = f"shop-{place}"
        await loyalty.deliver(shop_updated(shop=shop, zone=zone))
        coming = [NOON + timedelta(days=33, hours=5)] if place % 2 else []
        for begin in (NOON - timedelta(days=100), *coming):
            stored = await loyalty.put_programme(document(random), shop=shop, effective_from=begin.isoformat())
            assert stored.status_code == 201, stored.text
        for number in range(CUSTOMERS // len(ZONES)):
            customers.append((shop, f"c-{place}-{number}"))
            await loyalty.deliver(*life(random, *customers[-1]))
    return customers


async def projected(loyalty: Loyalty, shop: str, customer: str) -> dict[str, Any]:
    until = (NOON + timedelta(days=DAYS)).isoformat()
    answer = await loyalty.get(f"/v1/customers/{customer}/projection", shop=shop, until=until)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def live_through(loyalty: Loyalty) -> None:
    """Let the timer settle whatever is due, each at its own instant."""
    due = "SELECT min(due_at) FROM customers WHERE due_at <= $1"
    end = NOON + timedelta(days=DAYS)
    while (at := await loyalty.database.worker.fetchval(due, end)) is not None:
        loyalty.clock.set(max(at, loyalty.clock.now()))
        await loyalty.pass_time()
    loyalty.clock.set(end)


def what_happened(events: list[Event]) -> Counter[tuple[Any, ...]]:
    """By instant: the points that became usable or expired, the tiers, and the warnings."""
    points: Counter[tuple[datetime, str]] = Counter()
    happened: Counter[tuple[Any, ...]] = Counter()
    for event in events:
        if event.type == "points.posted":
            for entry in event.data.entries:
                points[entry.effective_at, entry.kind] += entry.points
        elif event.type == "tier.changed":
            happened[event.data.at, "tier_changes", event.data.previous, event.data.tier] += 1
        elif event.type == "points.expiring":
            happened[event.time, "expiry_warning", event.data.points, event.data.expires_at] += 1
    names = {"activate": "points_usable", "expire": "points_expire"}
    happened.update((at, names.get(kind, f"points_{kind}"), number) for (at, kind), number in points.items())
    return happened


def what_was_said(body: dict[str, Any]) -> Counter[tuple[Any, ...]]:
    said: Counter[tuple[Any, ...]] = Counter()
    for change in body["changes"]:
        at, kind = datetime.fromisoformat(change["at"]), change["kind"]
        if kind == "tier_changes":
            said[at, kind, change["previous_tier"], change["tier"]] += 1
        elif kind == "expiry_warning":
            said[at, kind, change["points"], datetime.fromisoformat(change["expires_at"])] += 1
        elif kind.startswith("points_"):
            said[at, kind, change["points"]] += 1
    return said


@pytest.mark.parametrize("walked_max", [100, 0])
async def test_what_is_projected_for_200_customers_is_what_happens(loyalty, monkeypatch, walked_max):
    """With ``walked_max`` 0, accounts of five orders go on from what is remembered of them, as far as that reaches."""
    monkeypatch.setattr(prospect, "WALKED_MAX", walked_max)
    customers = await populate(loyalty, Random(20261122))
    before = {(row["shop"], row["customer_id"]): row for row in await rows_of(loyalty)}
    projections = {key: await projected(loyalty, *key) for key in customers}
    assert before == {(row["shop"], row["customer_id"]): row for row in await rows_of(loyalty)}

    loyalty.published.clear()
    await live_through(loyalty)

    happened: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in loyalty.published:
        if event.customer_id is not None:
            happened[event.shop, event.customer_id].append(event)
    whole = 0
    for key, body in projections.items():
        until = datetime.fromisoformat(body["until"])
        whole += until == NOON + timedelta(days=DAYS)
        true = Counter({what: n for what, n in what_happened(happened[key]).items() if what[0] <= until})
        assert what_was_said(body) == true, key
        if until == loyalty.clock.now():
            balance = (await loyalty.get(f"/v1/customers/{key[1]}/balance", shop=key[0])).json()
            last = (body["changes"] or [body])[-1]
            assert {name: balance[name] for name in last["balance"]} == last["balance"]
            assert balance["tier"] == last["tier"]
    assert whole > CUSTOMERS / 2
    assert sum(len(body["changes"]) for body in projections.values()) > 4 * CUSTOMERS


async def rows_of(loyalty: Loyalty) -> list[Any]:
    async with loyalty.database.worker.acquire() as connection:
        rows: list[Any] = await connection.fetch("SELECT * FROM customers ORDER BY shop, customer_id")
    return rows
