"""The balance at another instant: by the ledger for the past, by settling the account for what is to come."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from loyalty.account.credit_answers import credit_fields
from loyalty.account.instant_rows import ledger_balance
from loyalty.account.prospect import load_prospect, too_large
from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of, has_more_orders
from loyalty.domain.projection import DAYS_MAX
from loyalty.domain.settled import CreditBalance
from loyalty.programme.rows import rules_of
from mandegar.database import ReadConnection, as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context
from mandegar.web import Problem
from mandegar.web.paging import in_utc

# The tier of a past instant is computed from all orders, if there are no more.
WALKED_MAX = 1_000


class Asked(NamedTuple):
    """An instant, and until when what is known of it had been posted (None: until now)."""

    at: datetime
    known_at: datetime | None


def asked_instants(at: datetime | None, known_at: datetime | None, now: datetime) -> Asked:
    """What a caller asks; a 422 problem for instants that cannot be answered."""
    try:
        at, known_at = (None if at is None else in_utc(at)), (None if known_at is None else in_utc(known_at))
    except ValueError as error:
        raise Problem(422, "invalid_instant", f"`at` and `known_at` {error}") from None
    if known_at is not None and known_at > now:
        raise Problem(422, "invalid_instant", "`known_at` must not be later than now")
    if at is not None and known_at is not None and at > known_at:
        raise Problem(
            422,
            "invalid_instant",
            "`at` must not be later than `known_at`",
            "The answer is made of entries posted until `known_at`; what was to come then is not recorded",
        )
    if at is not None and at > now + timedelta(days=DAYS_MAX):
        raise Problem(422, "invalid_instant", f"`at` must be at most {DAYS_MAX} days from now")
    return Asked(at or known_at or now, known_at)


async def balance_fields_at(ctx: Context[Any], customer: CustomerKey, asked: Asked) -> dict[str, Any]:
    """The fields of ``BalanceAnswer`` at another instant."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, customer.shop) as connection:
        key, row = await root_row(connection, customer)
        if asked.known_at is None and asked.at > row["settled_at"]:
            fields, version = await _to_come(connection, key, asked.at), row["version"]
        else:
            balance, credit, version = await ledger_balance(connection, key, *asked)
            tier = None if asked.known_at is not None else await _tier(connection, key, to_us(asked.at))
            fields = {**balance._asdict(), "tier": tier, "tier_until": None, "next_expiry": None}
            if any(credit):
                currency = (await rules_of(connection, key.shop)).programmes[0].currency
                fields |= credit_fields(CreditBalance(currency, credit, None))
            if asked.known_at is None:
                version = row["version"]
    return {
        "customer_id": key.customer_id,
        **fields,
        "as_of": asked.at,
        "version": version,
        "known_at": asked.known_at,
        "projected": asked.at > now,
    }


async def _to_come(connection: ReadConnection, key: CustomerKey, at: datetime) -> dict[str, Any]:
    """What settling at ``at`` would find, if no event arrived until then."""
    end = to_us(at)
    prospect = await load_prospect(connection, key, end, end)
    if prospect.reach < end:
        raise too_large()
    settled = prospect.begin().settle(end)
    fields: dict[str, Any] = {
        **settled.balance._asdict(),
        **credit_fields(settled.credit),
        "tier": settled.tier,
        "tier_until": None,
        "next_expiry": None,
    }
    if prospect.remembered is None:  # else the orders of which something is due later were not read
        if settled.tier_until is not None:
            fields["tier_until"] = from_us(settled.tier_until)
        if settled.next_expiry is not None:
            fields["next_expiry"] = {"points": settled.next_expiry[1], "at": from_us(settled.next_expiry[0])}
    return fields


async def _tier(connection: ReadConnection, key: CustomerKey, at: int) -> str | None:
    """The tier at a past instant, by all that is known now; None where the orders are too many to be walked."""
    if await has_more_orders(connection, key, WALKED_MAX):
        return None
    rules = await rules_of(connection, key.shop)
    timeline = (await account_of(connection, key)).at(*rules, at)
    return timeline.programme.tiers[timeline.tier].name
