"""Routes of one customer's account: the balance and the ledger."""

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime

from loyalty.account.balance_rows import stored_balance
from loyalty.account.instants import asked_instants, balance_fields_at
from loyalty.account.ledger_answers import entry_answer, lot_answer
from loyalty.account.ledger_rows import entries_page
from loyalty.account.packing import unpack_remembered
from loyalty.account.remembered_rows import open_orders_page
from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of, has_more_orders
from loyalty.account.schemas import (
    BalanceAnswer,
    LedgerAnswer,
    computed_balance_fields,
    stored_balance_fields,
)
from loyalty.domain.account import Account
from loyalty.domain.forward import lot_of
from loyalty.domain.lots import Lot
from loyalty.programme.rows import Rules, rules_of
from mandegar.customers.alias_rows import roots_of
from mandegar.database import ReadConnection, Row, as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes, errors
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import as_bytes
from mandegar.web.paging import instant, read_cursor, write_cursor

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
VERSION_MAX = 2**63 - 1
# Orders that a read walks; with more the stored balance is answered, up to the instant until which it is right.
WALKED_MAX = 1_000
At = Annotated[
    AwareDatetime | None,
    Query(description="Answer the balance at this instant, written with a time zone; it may lie in the future"),
]
KnownAt = Annotated[
    AwareDatetime | None,
    Query(
        description="Leave out what was posted after this instant, which is also the default of `at`. Of the last "
        "seconds the answer may change: batches were in hand then"
    ),
]
_SHORTEST = timedelta(microseconds=1)


@router.read(
    "/balance",
    BalanceAnswer,
    summary="Get the points, tier and next expiry of a customer",
    responses={
        **NOT_MODIFIED,
        **errors(
            (409, "account_too_large", "`at` is to come, and the account so large that it cannot be computed"),
            (422, "invalid_instant", "`at` or `known_at` is an instant of which nothing can be told"),
        ),
    },
)
async def balance(ctx: Ctx, customer: CustomerRead, at: At = None, known_at: KnownAt = None) -> VersionedBytes:
    """The balance at `as_of`, the time of the request. Changes that are due but not yet stored are included.

    For customers with more than a thousand orders they are not; `as_of` is then the instant up to which none is due.

    With `at`, the balance at that instant by all that is known now: a late order counts from its own time on. With
    `known_at`, by what had been posted then; that answer never changes any more.
    """
    if at is not None or known_at is not None:
        fields = await balance_fields_at(ctx, customer, asked_instants(at, known_at, ctx.clock.now()))
        body = as_bytes(fields)
        return VersionedBytes(body, body, fields["version"], shop=customer.shop)
    row, as_of = await stored_balance(ctx, customer)
    if row is not None and row["settled_at"] is None and (root := await _root(ctx, customer)) is not None:
        return await balance(ctx, root)
    if row is None or row["settled_at"] is None:
        raise unknown_customer()
    right_until = _right_until(row)
    if right_until is None or right_until > as_of:
        fields = stored_balance_fields(customer, row, max(as_of, row["settled_at"]))
    else:
        now = ctx.clock.now()
        async with as_shop(ctx.web, customer.shop) as connection:
            account, rules = await _account_to_walk(connection, customer)
        if account is not None and account.settled_at is None:  # has become an alias since
            return await balance(ctx, customer)
        if account is None:
            fields = stored_balance_fields(customer, row, max(right_until - _SHORTEST, row["settled_at"]))
        else:
            fields = computed_balance_fields(customer, account, rules, now)
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), fields["version"], shop=customer.shop)


@router.get("/ledger", summary="List the lots and ledger entries of a customer")
async def ledger(
    ctx: Ctx,
    customer: CustomerRead,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries, and lots, per page, at most 500")] = 50,
    before: Annotated[int | None, Query(ge=1, le=VERSION_MAX, description="`next_before` of the previous page")] = None,
    lots_after: Annotated[
        str | None,
        Query(max_length=200, description="`next_lots_after` of the previous page; the page has the lots after it"),
    ] = None,
) -> LedgerAnswer:
    """The ledger as it is stored, complete up to `as_of`.

    Entries and lots are paged separately, each by its cursor; one request answers at most `limit` of both.
    """
    behind = None if lots_after is None else read_cursor(lots_after, instant, UUID, parameter="lots_after")
    async with as_shop(ctx.web, customer.shop) as connection:
        customer, row = await root_row(connection, customer)
        entries = await entries_page(connection, customer, before=before, limit=limit)
        rules = await rules_of(connection, customer.shop)
        lots = await _open_lots(connection, customer, row, rules, behind, limit + 1)
    currency = rules.programmes[0].currency
    last = lots[limit - 1] if len(lots) > limit else None
    return LedgerAnswer(
        customer_id=customer.customer_id,
        lots=[lot_answer(lot) for lot in lots[:limit]],
        next_lots_after=None if last is None else write_cursor(from_us(last.earned_at), last.lot_id),
        entries=[entry_answer(entry, currency) for entry in entries],
        next_before=entries[-1]["version"] if len(entries) == limit else None,
        as_of=row["settled_at"],
        version=row["version"],
    )


async def _root(ctx: Ctx, customer: CustomerKey) -> CustomerKey | None:
    """The customer whose alias this one is; nothing is settled of an alias."""
    async with as_shop(ctx.web, customer.shop) as connection:
        return (await roots_of(connection, [customer])).get(customer)


async def _account_to_walk(connection: ReadConnection, key: CustomerKey) -> tuple[Account | None, Rules]:
    """The account with all of its orders, unless there are too many to walk for a read."""
    rules = await rules_of(connection, key.shop)
    if await has_more_orders(connection, key, WALKED_MAX):
        return None, rules
    return await account_of(connection, key), rules


def _right_until(row: Row) -> datetime | None:
    """When the stored balance stops being right: something is due, or the shop has been in a new zone since."""
    zone_since = row["zone_since"]
    moved_at = zone_since if zone_since is not None and zone_since > row["settled_at"] else None
    return min([at for at in (row["due_at"], moved_at) if at is not None], default=None)


async def _open_lots(
    connection: ReadConnection,
    key: CustomerKey,
    row: Row,
    rules: Rules,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Lot]:
    """The lots that have points left, in order of payment, behind a cursor. Of an account with many orders only these
    are read.
    """
    programmes, zones = rules
    settled_at, remembered = to_us(row["settled_at"]), unpack_remembered(row["remembered"])
    place = None if behind is None else (to_us(behind[0]), behind[1])
    if remembered is not None and remembered.holds(row["version"], settled_at, programmes, zones):
        orders = await open_orders_page(connection, key, behind=place, limit=limit)
        return [lot for order in orders if (lot := lot_of(order, programmes, zones, settled_at)) is not None]
    account = await account_of(connection, key)
    timeline = account.at(programmes, zones, settled_at)
    lots = [lot for lot in (*timeline.lots, *timeline.credit) if lot.pending or lot.available or lot.held]
    if timeline.credit:
        lots.sort(key=lambda lot: (lot.earned_at, lot.lot_id))
    first = 0 if place is None else bisect_right(lots, place, key=lambda lot: (lot.earned_at, lot.lot_id))
    return lots[first : first + limit]
