"""Routes of one customer's account: the balance and the ledger."""

from bisect import bisect_right
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from loyalty.account.balance_rows import stored_balance
from loyalty.account.ledger_rows import customer_row, entries_page
from loyalty.account.rows import load_accounts
from loyalty.account.schemas import BalanceAnswer, EntryAnswer, LedgerAnswer, LotAnswer, NextExpiry
from loyalty.domain.account import Account, balance_of
from loyalty.domain.expiries import expiries
from loyalty.domain.lots import Lot
from loyalty.domain.posting import Balance
from loyalty.programme.rows import Rules, load_rules
from mandegar.database import ReadConnection, Row, as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedAnswer
from mandegar.web.customers import unknown_customer
from mandegar.web.paging import instant, read_cursor, write_cursor

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
VERSION_MAX = 2**63 - 1


@router.read("/balance", BalanceAnswer, summary="Points, tier and next expiry of a customer", responses=NOT_MODIFIED)
async def balance(ctx: Ctx, customer: CustomerRead) -> VersionedAnswer:
    """The balance at `as_of`, the time of the request. Changes that are due but not yet stored are included."""
    row, as_of = await stored_balance(ctx, customer)
    if row is None or row["settled_at"] is None:
        raise unknown_customer()
    is_stale = row["zone_since"] is not None and row["zone_since"] > row["settled_at"]
    if is_stale or (row["due_at"] is not None and row["due_at"] <= as_of):
        now = ctx.clock.now()
        async with as_shop(ctx.web, customer.shop) as connection:
            account, rules = await _account(connection, customer)
        answer = _computed_balance(customer, account, rules, now)
    else:
        answer = _stored_balance(customer, row, max(as_of, row["settled_at"]))
    return VersionedAnswer(answer, answer.version, shop=customer.shop)


@router.get("/ledger", summary="Lots and ledger entries of a customer")
async def ledger(
    ctx: Ctx,
    customer: CustomerRead,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries, and lots, per page, at most 500")] = 50,
    before: Annotated[int | None, Query(ge=1, le=VERSION_MAX, description="`next_before` of the previous page")] = None,
    lots_after: Annotated[
        str | None, Query(max_length=200, description="`next_lots_after` of the previous page: lots behind it")
    ] = None,
) -> LedgerAnswer:
    """The ledger as it is stored, complete up to `as_of`.

    Entries and lots are paged separately, each by its cursor; one request answers at most `limit` of both.
    """
    behind = None if lots_after is None else read_cursor(lots_after, instant, UUID, parameter="lots_after")
    async with as_shop(ctx.web, customer.shop) as connection:
        row = await _customer(connection, customer)
        entries = await entries_page(connection, customer, before=before, limit=limit)
        account, rules = await _account(connection, customer)
    lots = _open_lots(account, rules, row["settled_at"], behind)
    last = lots[limit - 1] if len(lots) > limit else None
    return LedgerAnswer(
        customer_id=customer.customer_id,
        lots=[_lot(lot) for lot in lots[:limit]],
        next_lots_after=None if last is None else write_cursor(from_us(last.earned_at), last.lot_id),
        entries=[EntryAnswer(**dict(entry)) for entry in entries],
        next_before=entries[-1]["version"] if len(entries) == limit else None,
        as_of=row["settled_at"],
        version=row["version"],
    )


async def _customer(connection: ReadConnection, key: CustomerKey) -> Row:
    row = await customer_row(connection, key)
    if row is None or row["settled_at"] is None:
        raise unknown_customer()
    return row


async def _account(connection: ReadConnection, key: CustomerKey) -> tuple[Account, Rules]:
    account = dict(await load_accounts(connection, [key]))[key]
    return account, (await load_rules(connection, [key.shop]))[key.shop]


def _stored_balance(key: CustomerKey, row: Row, as_of: datetime) -> BalanceAnswer:
    next_expiry = None
    if row["next_expiry_at"] is not None:
        next_expiry = NextExpiry(points=row["next_expiry_points"], at=row["next_expiry_at"])
    return BalanceAnswer(
        customer_id=key.customer_id,
        **{bucket: row[bucket] for bucket in Balance._fields},
        tier=row["tier"],
        tier_until=row["tier_until"],
        next_expiry=next_expiry,
        as_of=as_of,
        version=row["version"],
    )


def _computed_balance(key: CustomerKey, account: Account, rules: Rules, now: datetime) -> BalanceAnswer:
    at = max(to_us(now), account.settled_at or 0)
    timeline = account.at(*rules, at)
    next_expiry = next((NextExpiry(points=points, at=from_us(at)) for at, points in expiries(timeline.lots)), None)
    return BalanceAnswer(
        customer_id=key.customer_id,
        **balance_of(timeline)._asdict(),
        tier=timeline.programme.tiers[timeline.tier].name,
        tier_until=None if timeline.tier_until is None else from_us(timeline.tier_until),
        next_expiry=next_expiry,
        as_of=from_us(at),
        version=account.version,
    )


def _open_lots(account: Account, rules: Rules, settled_at: datetime, behind: tuple[datetime, UUID] | None) -> list[Lot]:
    """The lots that have points left, in order of payment, behind a cursor."""
    lots = [lot for lot in account.at(*rules, to_us(settled_at)).lots if lot.pending or lot.available]
    if behind is None:
        return lots
    key = (to_us(behind[0]), behind[1])
    return lots[bisect_right(lots, key, key=lambda lot: (lot.earned_at, lot.lot_id)) :]


def _lot(lot: Lot) -> LotAnswer:
    return LotAnswer(
        lot_id=lot.lot_id,
        order_id=lot.order_id,
        earned_at=from_us(lot.earned_at),
        active_at=from_us(lot.active_at),
        expires_at=None if lot.expires_at is None else from_us(lot.expires_at),
        points=lot.given,
        pending=lot.pending,
        available=lot.available,
        tier=lot.programme.tiers[lot.tier].name,
        programme_version=lot.programme.version,
    )
