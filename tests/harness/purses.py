"""A shop whose customers earn, spend, take rewards and pay with points; it begins anew as often as a machine needs."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import asyncpg

from builders.rewards import catalogue, reward
from faults.recompute.balances import credit_of
from faults.recompute.points import worth, worth_in_credit
from faults.recompute.programmes import default_rules, read_rules
from harness.in_process import NOON, SHOP
from harness.loyalty_service import Loyalty
from loyalty.coupons.rebuild import restore_pools
from loyalty.rewards.offers import load_offers
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event

PLAIN = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 2}
expiry: {days: 9, warn_days: 2}
tiers: {window_days: 15, levels: [{name: bronze, spend: 0}, {name: silver, spend: 5000000, multiplier: 1.5}]}
spend: {value: 20000, minimum_points: 1, share: {min: 0, max: 80}}
adjustments: {second_person_above: 20}
"""
# With acts and a challenge, of which the independent recomputation knows nothing.
PLAYFUL = (
    PLAIN
    + """
acts:
  - {name: visit, on: customer.logged_in, points: 5}
  - {name: story, on: act.done, act: story-shared, points: 20, cooldown_days: 3}
caps:
  - {name: monthly, points: 60, per: jalali_month, of: [story]}
challenges:
  - {name: twice, title: {en: Twice}, goal: {orders: 2}, within: {days: 10}, points: 30, times: 2}
"""
)
# The same, and a tenth of each order as credit.
CREDITING = PLAIN.replace(
    "second_person_above: 20", "second_person_above: 20, second_person_above_credit: 350000"
).replace(
    "earn: {points: 1, per: 100000}",
    "earn: {rules: [{name: purchase, points: 1, per: 100000}, {name: back, credit: 10, per: 100}]}\n"
    "credit: {step: 1000}",
)
REWARDS = catalogue(
    reward("mug", price=10, stock=2, back_on_cancel=True),
    reward("tea", price=0, limit={"times": 1, "days": 7}),
    reward("cinema", kind="partner_coupon", amount=None, partner="c", price=15, coupon="pool", limit={"times": 2}),
)
# What may be answered to requests that come at any time.
REFUSALS = {
    "not_enough_points", "points_owed", "too_few_points", "share_too_large", "invoice_too_small", "nothing_payable",
    "redemption_expired", "redemption_ended", "redemption_not_confirmed", "more_than_spent", "already_returned",
    "not_eligible", "unknown_customer", "own_adjustment", "adjustment_decided", "coupon_used", "coupon_expired",
    "unknown_redemption", "unknown_adjustment", "other_customer", "coupon_returned", "not_enough_credit", "credit_owed",
    "credit_too_large", "adjustment_over",
}  # fmt: skip
KEPT = ("programmes", "programme_words", "reward_catalogues", "shops", "shop_zones", "offsets")


async def emptied(owner: asyncpg.Connection, kept: tuple[str, ...]) -> None:
    """Nothing is left of any customer."""
    tables = await owner.fetch(
        """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        """
    )
    names = {row["relname"] for row in tables} - {*kept, "alembic_version"}
    await owner.execute(f"TRUNCATE {', '.join(sorted(names))}")


async def pool(loyalty: Loyalty, setup: list[Event]) -> None:
    """The codes of the pool are there again, none of them given."""
    async with transaction(loyalty.database.worker) as connection:
        pooled = [event for event in setup if event.type == "coupons.pooled"]
        await restore_pools(pooled, connection, loyalty.clock.now())


async def end_reservations(loyalty: Loyalty) -> None:
    """Write that reservations of rewards are over, as the next one of the same reward would."""
    async with transaction(loyalty.database.worker) as connection:
        wanted = [(CustomerKey(SHOP, "c"), name) for name in ("mug", "tea", "cinema")]
        await load_offers(connection, wanted, loyalty.clock.now())


async def set_up(loyalty: Loyalty, programme: str) -> list[Event]:
    answer = await loyalty.put_programme(programme, effective_from="2026-01-01T00:00:00Z")
    assert answer.status_code == 201, answer.text
    answer = await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=REWARDS)
    assert answer.status_code == 201, answer.text
    path, codes = "/v1/coupons/pools/cinema", [f"CINEMA-{number:04}" for number in range(30)]
    answer = await loyalty.ask("POST", path, "programme:write", json=codes)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    return list(loyalty.published)


async def is_as_recomputed(loyalty: Loyalty, programme: str, heard: Sequence[Event], *, merged: bool) -> None:
    """What customers have in either unit is what an independent recomputation gives; ``merged``: they are one."""
    rules = [default_rules("IRR"), read_rules(programme, NOON - timedelta(days=300))]
    for row in await loyalty.database.worker.fetch("SELECT * FROM customers WHERE settled_at IS NOT NULL"):
        if row["merged_into"] is not None:
            continue
        ids = {"c", "g"} if merged else {row["customer_id"]}
        facts = [event for event in heard if event.customer_id in ids]
        own = [event for event in loyalty.published if event.customer_id in ids]
        account = CustomerKey(SHOP, row["customer_id"]), facts, rules, ZoneInfo("Asia/Tehran"), row["settled_at"]
        redeemed = [event for event in own if event.type == "redemption.changed"]
        adjusted = [event for event in own if event.type == "points.adjusted"]
        due = worth(*account, redeemed=redeemed, adjusted=adjusted)
        assert due == tuple(row[name] for name in due._fields), row["customer_id"]
        due = worth_in_credit(*account, redeemed=redeemed, adjusted=adjusted)
        assert due == credit_of(dict(row)), row["customer_id"]
