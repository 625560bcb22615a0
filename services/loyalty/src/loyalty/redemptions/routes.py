"""Routes of redemptions: reserve points, confirm or cancel the reservation, and read them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from loyalty.account.root_rows import root_row
from loyalty.context import LoyaltyCtx
from loyalty.domain.coupons import coupon_keys
from loyalty.domain.money import thousandths
from loyalty.phones.find import LIMITED
from loyalty.redemptions.finish import UNKNOWN_REDEMPTION, Finish
from loyalty.redemptions.give_back import GiveBack
from loyalty.redemptions.invoices import invoice_of
from loyalty.redemptions.reserve import Reserve
from loyalty.redemptions.rows import Page, RedemptionRow, page_of_customer, redemption_of
from loyalty.redemptions.rules import CANCELLED, CONFIRMED
from loyalty.redemptions.schemas import (
    ChangedRedemption,
    RedemptionAnswer,
    RedemptionsAnswer,
    ReserveRequest,
    ReturnRequest,
    State,
    redemption_fields,
)
from loyalty.redemptions.take_reward import ReserveReward
from loyalty.redemptions.texts import published_note, texts_of
from loyalty.spender import CustomerSpend
from loyalty.till.coins import FRACTION
from loyalty.till.command import Key, digest_of
from loyalty.till.respond import BUSY, IdempotencyKey, problem_of, respond
from mandegar.database import Act, as_shop
from mandegar.events import CustomerKey
from mandegar.web import Acting, Ctx, CustomerRead, Router, audited, errors
from mandegar.web.json_answer import json_answer
from mandegar.web.paging import instant, read_cursor, write_cursor

router = Router(prefix="/v1/customers/{customer_id}/redemptions", tags=["redemptions"])
MICROSECONDS = 1_000_000
ENDED = (
    (404, "unknown_redemption", "the customer has no redemption with this id"),
    (409, "redemption_expired", "the reservation has ended by itself"),
    (409, "redemption_ended", "the redemption has ended otherwise (`state`)"),
    LIMITED,
    BUSY,
)


@router.post(
    "",
    summary="Reserve points, or a reward",
    status_code=201,
    response_model=ChangedRedemption,
    responses=errors(
        (409, "not_enough_points", "the customer has fewer usable points (`required`, `available`, `missing`, `when`)"),
        (409, "points_owed", "the customer owes points (`owed`)"),
        (409, "not_enough_credit", "the customer has less usable credit (`required`, `available`, `missing`)"),
        (409, "credit_owed", "the customer owes credit (`owed`)"),
        (409, "credit_too_large", "the credit is more than is left to pay of the order (`at_most`)"),
        (404, "unknown_reward", "the catalogue in force has no reward of this name"),
        (409, "not_eligible", "the customer cannot have the reward now (`reasons`)"),
        (409, "too_many_lots", "the points are in too many lots (`at_most`)"),
        (409, "no_part_payment", "the programme does not say what points are worth"),
        (409, "other_currency", "the order is in another currency than the programme (`currency`)"),
        (409, "nothing_payable", "nothing of the order can be paid with points"),
        (409, "invoice_too_small", "the least points are worth more than may be paid with points"),
        (409, "too_few_points", "so few points cannot be used (`at_least`, `at_most`)"),
        (409, "share_too_large", "so much of the order cannot be paid with points (`at_least`, `at_most`)"),
        FRACTION,
        (422, "idempotency_key_reused", "the key belongs to another request"),
        LIMITED,
        BUSY,
    ),
    openapi_extra=audited("redemption.reserve"),
)
async def reserve(
    ctx: LoyaltyCtx, customer: CustomerSpend, act: Acting, wanted: ReserveRequest, idempotency_key: IdempotencyKey
) -> Response:
    """The points that expire first are reserved. All carts and tills see it at once: what is reserved cannot be
    reserved again. From `expires_at` on they are free, unless the reservation was confirmed or cancelled before.

    With `order`, points pay a part of it by the section `spend` of the programme: the answer has the `discount`. With
    `reward` its price is reserved, one of its stock and a code of its pool, as they are now: a catalogue that changes
    meanwhile changes nothing of it. With both, and `points` or `amount` for the order, one reservation has the points
    of both; when the order is refunded, those that paid it come back, and the price of the reward stays spent.
    """
    fingerprint = f"{customer.customer_id}\n{wanted.model_dump_json(exclude_defaults=True)}"
    key = Key("redemptions", digest_of(idempotency_key), digest_of(fingerprint))
    return await respond(ctx.till, await reservation(ctx, customer, act, key, wanted))


async def reservation(ctx: LoyaltyCtx, customer: CustomerKey, act: Act, key: Key, wanted: ReserveRequest) -> Reserve:
    """The command that reserves points, or a reward."""
    lasts = wanted.expires_in * MICROSECONDS
    order, credit = wanted.order, 0 if wanted.credit is None else thousandths(wanted.credit)
    order_id = wanted.order_id if order is None else order.order_id
    texts = await texts_of(ctx, customer.shop, order_id, wanted.reference)
    invoice = None
    if order is not None:
        invoice = invoice_of(order, texts.order_id or "", wanted.points, wanted.amount, customer.shop, ctx.identity_key)
    if wanted.reward is not None:
        return ReserveReward(
            named=customer,
            act=act,
            key=key,
            lasts=lasts,
            invoice=invoice,
            texts=texts,
            credit=credit,
            reward=wanted.reward,
            asked_at=ctx.clock.now(),
        )
    return Reserve(
        named=customer,
        act=act,
        key=key,
        points=wanted.points or 0,
        lasts=lasts,
        invoice=invoice,
        texts=texts,
        credit=credit,
    )


@router.post(
    "/{redemption_id}/confirm",
    summary="Spend reserved points",
    response_model=ChangedRedemption,
    responses=errors(*ENDED),
    openapi_extra=audited("redemption.confirm"),
)
async def confirm(ctx: LoyaltyCtx, customer: CustomerSpend, act: Acting, redemption_id: UUID) -> Response:
    """The points are spent, and the coupon of a reward is issued. Confirming again has the same answer."""
    return await respond(
        ctx.till,
        Finish(named=customer, act=act, redemption=redemption_id, change=CONFIRMED, keys=coupon_keys(ctx.identity_key)),
    )


@router.post(
    "/{redemption_id}/cancel",
    summary="Release reserved points",
    response_model=ChangedRedemption,
    responses=errors(*ENDED),
    openapi_extra=audited("redemption.cancel"),
)
async def cancel(ctx: LoyaltyCtx, customer: CustomerSpend, act: Acting, redemption_id: UUID) -> Response:
    """The points go back to their lots, which expire when they would have. Cancelling again has the same answer."""
    return await respond(
        ctx.till,
        Finish(named=customer, act=act, redemption=redemption_id, change=CANCELLED, keys=coupon_keys(ctx.identity_key)),
    )


@router.post(
    "/{redemption_id}/return",
    summary="Give spent points back",
    response_model=ChangedRedemption,
    responses=errors(
        (404, "unknown_redemption", "the customer has no redemption with this id"),
        (409, "redemption_not_confirmed", "the points were not spent (`state`)"),
        (409, "more_than_spent", "so many points are not left of it (`returnable`)"),
        (409, "already_returned", "other points were given back under this reference (`returned`)"),
        FRACTION,
        LIMITED,
        BUSY,
    ),
    openapi_extra=audited("redemption.return"),
)
async def give_back(
    ctx: LoyaltyCtx, customer: CustomerSpend, act: Acting, redemption_id: UUID, wanted: ReturnRequest
) -> Response:
    """For an order that was undone. The points go back to their lots, those that expire last first, as if fewer had
    been redeemed; they expire when they would have. The same reference again has the same answer.
    """
    command = GiveBack(
        named=customer,
        act=act,
        redemption=redemption_id,
        points=wanted.points,
        credit=None if wanted.credit is None else thousandths(wanted.credit),
        reference=published_note(wanted.reference, customer.shop, ctx.identity_key),
        written=wanted.reference,
    )
    return await respond(ctx.till, command)


@router.get("", summary="List the redemptions of a customer, newest first")
async def redemptions(
    ctx: Ctx,
    customer: CustomerRead,
    state: Annotated[State | None, Query(description="Only redemptions in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Redemptions per page, at most 200")] = 50,
    before: Annotated[str | None, Query(max_length=200, description="`next_before` of the previous page")] = None,
) -> RedemptionsAnswer:
    """A reservation that has ended by itself is `expired`."""
    behind = None if before is None else read_cursor(before, instant, UUID, parameter="before")
    async with as_shop(ctx.web, customer.shop) as connection:
        customer, known = await root_row(connection, customer)
        now = max(ctx.clock.now(), known["settled_at"])
        rows = await page_of_customer(connection, customer, Page(state, now, behind, limit))
    last = rows[-1] if len(rows) == limit else None
    return RedemptionsAnswer(
        redemptions=[RedemptionAnswer(**redemption_fields(RedemptionRow(*row), now), as_of=now) for row in rows],
        next_before=None if last is None else write_cursor(last["reserved_at"], last["redemption_id"]),
        as_of=now,
    )


@router.get(
    "/{redemption_id}",
    summary="Read a redemption",
    response_model=RedemptionAnswer,
    responses=errors((404, "unknown_redemption", "the customer has no redemption with this id")),
)
async def redemption(ctx: Ctx, customer: CustomerRead, redemption_id: UUID) -> Response:
    """A reservation that has ended by itself is `expired`."""
    async with as_shop(ctx.web, customer.shop) as connection:
        customer, known = await root_row(connection, customer)
        row = await redemption_of(connection, customer, redemption_id)
    if row is None:
        raise problem_of(UNKNOWN_REDEMPTION)
    now = max(ctx.clock.now(), known["settled_at"])
    return json_answer({**redemption_fields(RedemptionRow(*row), now), "as_of": now})
