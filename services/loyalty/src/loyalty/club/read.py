"""A customer as a club page shows them, now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from cachetools import LRUCache

from loyalty.account.balance_rows import stored_balance
from loyalty.account.packing import unpack_facts
from loyalty.account.prospect import load_prospect
from loyalty.account.referral_rows import facts_of_referrals, seed_of
from loyalty.club.rows import (
    CODES_MAX,
    READ_CLUB,
    Left,
    Reserved,
    acts_done,
    heads_of,
    orders_of,
    remaining_in,
    reserved_of,
    times_of,
)
from loyalty.domain.account import balance_of, credit_of
from loyalty.domain.acts import ActLot
from loyalty.domain.at_risk import coming_drop
from loyalty.domain.challenges import have_challenges
from loyalty.domain.earnable import Earnable, earnable, keys_asked
from loyalty.domain.expiries import expiries
from loyalty.domain.levels import Entitlement
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Balance
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.progress import Progress, progress_of
from loyalty.domain.referral_code import code_from, link_with
from loyalty.domain.referral_facts import reports_among
from loyalty.domain.rewards import Purse, coming_points
from loyalty.domain.settled import CreditBalance
from loyalty.domain.standings import Standings, standings_of
from loyalty.domain.timeline import Timeline, walk
from loyalty.programme.announced import announced_shop
from loyalty.programme.rows import Rules, known_rules, rules_of
from loyalty.rewards.catalogue_rows import Catalogue, catalogue_at, known_catalogue
from mandegar.database import Row, as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context
from mandegar.service.reads import read_as_of
from mandegar.web.customers import unknown_customer

EXPIRIES_MAX = 5
_SHOPS_REMEMBERED = 10_000


class Limited(NamedTuple):
    """The rewards of a catalogue of which there are only so many: with a stock, and with a pool of codes."""

    stocks: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()


class Member(NamedTuple):
    """What a club page shows of a customer. ``tier_until`` is when the tier ends; ``progress`` is None where it is not
    known, as ``standings`` is; ``earnable`` is what acts would earn.
    """

    customer: CustomerKey
    balance: Balance
    programme: Programme
    tier: int
    tier_until: int | None
    progress: Progress | None
    expiring: Sequence[tuple[int, int]]
    purse: Purse
    earnable: Sequence[Earnable]
    standings: Standings | None
    as_of: datetime
    version: int
    credit: CreditBalance | None

    @property
    def entitlements(self) -> tuple[Entitlement, ...]:
        """The rights of the tier."""
        levels = self.programme.levels
        return () if levels is None else levels.entitlements[self.tier]


class Referral(NamedTuple):
    """A customer's code, with the link of the programme, and how many referrals they have made, by state.

    ``code`` is None until it is asked for (``GET …/referral``).
    """

    code: str | None
    link: str | None
    counts: Mapping[str, int]


class Club(NamedTuple):
    """A member, and what the shop offers them; ``times`` are when they took rewards."""

    member: Member
    catalogue: Catalogue
    left: Left
    times: dict[str, list[int]]
    reserved: Sequence[Reserved]
    locale: str
    referral: Referral | None = None

    def codes_of(self, reward: str) -> int | None:
        """How many codes are left in the pool of a reward; None: it has none, or so many that they were not counted."""
        codes = (self.left.codes or {}).get(reward)
        return None if codes is None or codes >= CODES_MAX else codes


class _Found(NamedTuple):
    customer: CustomerKey
    row: Row
    rules: Rules
    catalogue: Catalogue
    as_of: datetime


async def read_member(ctx: Context[Any], customer: CustomerKey) -> Member:
    """The customer now."""
    return await _member(ctx, await _find(ctx, customer))


async def read_club(ctx: Context[Any], customer: CustomerKey) -> Club:
    """The customer now, and the rewards of the shop. One round trip, unless the account is large, the customer an
    alias, or this process has not read the documents of the shop yet.
    """
    found = await _find(ctx, customer)
    row = found.row
    return Club(
        await _member(ctx, found),
        found.catalogue,
        remaining_in(row),
        times_of(row),
        reserved_of(row),
        row["locale"],
        await _referral(ctx, found),
    )


async def _referral(ctx: Context[Any], found: _Found) -> Referral | None:
    """One round trip more, in shops whose programme is about referrals."""
    key, rule = found.customer, in_force(found.rules.programmes, to_us(found.as_of)).referral
    if rule is None:
        return None
    async with as_shop(ctx.web, key.shop) as connection:
        seed = await seed_of(connection, key)
        facts = {order_id: unpack_facts(text) for order_id, text in await facts_of_referrals(connection, key)}
    code = None if seed is None else code_from(seed, shop=key.shop, key=ctx.identity_key)
    counts = Counter(report.state for report in reports_among(facts))
    return Referral(code, None if code is None else link_with(code, rule.link), dict(sorted(counts.items())))


async def _find(ctx: Context[Any], customer: CustomerKey) -> _Found:
    """The row of a customer or of their root, with the documents that it names."""
    now, limited = ctx.clock.now(), _limited().get(customer.shop, Limited())
    row, as_of = await _read(ctx, customer, now, limited)
    if row["merged_into"] is not None:
        customer = customer._replace(customer_id=row["merged_into"])
        row, as_of = await _read(ctx, customer, now, limited)
    if row["settled_at"] is None:
        raise unknown_customer()
    rules = known_rules(customer.shop, row)
    catalogue = known_catalogue(heads_of(row), row["currency"], row["zone"], now)
    if rules is None or catalogue is None:
        async with as_shop(ctx.web, customer.shop) as connection:
            rules = await rules_of(connection, customer.shop)
            shop = await announced_shop(connection, customer.shop)
            catalogue = await catalogue_at(connection, shop, now)
    wanted = Limited(
        tuple(reward.name for reward in catalogue.rewards if reward.stock is not None),
        tuple(reward.name for reward in catalogue.rewards if reward.coupon == "pool"),
    )
    if wanted != limited:
        _limited()[customer.shop] = wanted
        row, as_of = await _read(ctx, customer, now, wanted)
    return _Found(customer, row, rules, catalogue, as_of)


async def _read(ctx: Context[Any], customer: CustomerKey, now: datetime, limited: Limited) -> tuple[Row, datetime]:
    rows, as_of = await read_as_of(ctx, READ_CLUB, *customer, now, limited.stocks, limited.pools)
    if not rows:
        raise unknown_customer()
    return rows[0], as_of


@cache
def _limited() -> LRUCache[str, Limited]:
    """By shop, the limited rewards of the catalogue that was read last: the next read asks for them at once."""
    return LRUCache(_SHOPS_REMEMBERED)


async def _member(ctx: Context[Any], found: _Found) -> Member:
    now = max(to_us(found.as_of), to_us(found.row["settled_at"]))
    orders = orders_of(found.row)
    if orders is None:
        return await _large(ctx, found, now)
    facts = {order_id: some for order_id, _, some in orders}
    return _walked(found, walk(orders, *found.rules, now), facts, now)


def _walked(found: _Found, timeline: Timeline, facts: Mapping[str, Sequence[Fact]], now: int) -> Member:
    progress = progress_of(timeline.programme, timeline.tier, timeline.spend, coming_drop(timeline))
    balance, tier = balance_of(timeline), timeline.programme.tiers[timeline.tier].name
    acts = [lot for lot in timeline.lots if isinstance(lot, ActLot)]
    return Member(
        found.customer,
        balance,
        timeline.programme,
        timeline.tier,
        timeline.tier_until,
        progress,
        expiries(timeline.lots)[:EXPIRIES_MAX],
        Purse(balance.available, balance.debt, tier, coming_points(timeline.lots, timeline.debt, now)),
        earnable(timeline.programme, tier, acts, {lot.order_id for lot in acts}, found.rules.zones, now),
        standings_of(facts, *found.rules, now) if have_challenges(found.rules.programmes) else Standings(),
        from_us(now),
        found.row["version"],
        credit_of(timeline),
    )


async def _large(ctx: Context[Any], found: _Found, now: int) -> Member:
    """A member with many orders: what is remembered of the account is settled."""
    key, rules = found.customer, found.rules
    today = rules.zones.day_of(now)
    async with as_shop(ctx.web, key.shop) as connection:
        prospect = await load_prospect(connection, key, now, now)
        done = await acts_done(connection, key, keys_asked(in_force(rules.programmes, now), today))
    if prospect.remembered is None:
        account = prospect.account.with_orders(dict(prospect.orders))
        facts = {order_id: order.facts for order_id, order in account.orders.items()}
        return _walked(found, account.at(*prospect.rules, now), facts, now)
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
        None if spend is None else progress_of(programme, tier, spend, None), expiring,
        Purse(settled.balance.available, settled.balance.debt, settled.tier),
        earnable(programme, settled.tier, (), done, rules.zones, now),
        None if have_challenges(rules.programmes) else Standings(), from_us(now), found.row["version"],
        settled.credit,
    )  # fmt: skip
