"""A customer as a club page shows them, now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from loyalty.account.balance_rows import stored_balance
from loyalty.account.prospect import load_prospect
from loyalty.account.root_rows import root_row
from loyalty.club.rows import READ_CLUB, orders_of
from loyalty.domain.account import balance_of
from loyalty.domain.at_risk import coming_drop
from loyalty.domain.expiries import expiries
from loyalty.domain.levels import Entitlement
from loyalty.domain.posting import Balance
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.progress import Progress, progress_of
from loyalty.domain.timeline import Timeline, walk
from loyalty.programme.rows import known_rules
from mandegar.database import as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context
from mandegar.service.reads import read_as_of
from mandegar.web.customers import unknown_customer

EXPIRIES_MAX = 5


class Member(NamedTuple):
    """What a club page shows. ``tier_until`` is when the tier ends; ``progress`` is None where it is not known."""

    customer: CustomerKey
    balance: Balance
    programme: Programme
    tier: int
    tier_until: int | None
    progress: Progress | None
    expiring: Sequence[tuple[int, int]]
    as_of: datetime
    version: int

    @property
    def entitlements(self) -> tuple[Entitlement, ...]:
        """The rights of the tier."""
        levels = self.programme.levels
        return () if levels is None else levels.entitlements[self.tier]


async def read_member(ctx: Context[Any], customer: CustomerKey) -> Member:
    """The customer now. One round trip, unless the account is large or the customer an alias."""
    rows, as_of = await read_as_of(ctx, READ_CLUB, *customer)
    if not rows:
        raise unknown_customer()
    row = rows[0]
    orders = orders_of(row)
    rules = None if orders is None or row["settled_at"] is None else known_rules(customer.shop, row)
    if orders is None or rules is None:
        return await _read_large(ctx, customer)
    now = max(to_us(as_of), to_us(row["settled_at"]))
    return _member(customer, walk(orders, *rules, now), now, row["version"])


def _member(customer: CustomerKey, timeline: Timeline, now: int, version: int) -> Member:
    progress = progress_of(timeline.programme, timeline.tier, timeline.spend, coming_drop(timeline))
    return Member(
        customer,
        balance_of(timeline),
        timeline.programme,
        timeline.tier,
        timeline.tier_until,
        progress,
        expiries(timeline.lots)[:EXPIRIES_MAX],
        from_us(now),
        version,
    )


async def _read_large(ctx: Context[Any], customer: CustomerKey) -> Member:
    async with as_shop(ctx.web, customer.shop) as connection:
        key, row = await root_row(connection, customer)
        now = max(to_us(ctx.clock.now()), to_us(row["settled_at"]))
        prospect = await load_prospect(connection, key, now, now)
    if prospect.remembered is None:
        account = prospect.account.with_orders(dict(prospect.orders))
        return _member(key, account.at(*prospect.rules, now), now, row["version"])
    settled = prospect.begin().settle(now)
    programme = in_force(prospect.rules.programmes, now)
    tier = next(place for place, tier in enumerate(programme.tiers) if tier.name == settled.tier)
    spend = None if settled.remembered is None else settled.remembered.spend
    stored, _ = await stored_balance(ctx, key)
    until = None if stored is None or stored["tier"] != settled.tier else stored["tier_until"]
    expiring = (
        []
        if stored is None or stored["next_expiry_at"] is None or to_us(stored["next_expiry_at"]) <= now
        else [(to_us(stored["next_expiry_at"]), stored["next_expiry_points"])]
    )
    return Member(
        key, settled.balance, programme, tier, None if until is None else to_us(until),
        None if spend is None else progress_of(programme, tier, spend, None), expiring, from_us(now), row["version"],
    )  # fmt: skip
