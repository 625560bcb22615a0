"""Routes of adjustments: staff gives or takes points or credit, and a second person decides about large amounts."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from loyalty.account.paging import Before, read_before
from loyalty.adjustments.adjust import Adjust
from loyalty.adjustments.decide import UNKNOWN_ADJUSTMENT, Decide
from loyalty.adjustments.rows import AdjustmentRow, Page, load_adjustments, page_of_shop
from loyalty.adjustments.rules import APPLIED, REFUSED, person_of
from loyalty.adjustments.schemas import (
    AdjustmentAnswer,
    AdjustmentsAnswer,
    AdjustRequest,
    ChangedAdjustment,
    adjustment_fields,
)
from loyalty.context import LoyaltyCtx
from loyalty.domain.money import thousandths
from loyalty.till.coins import FRACTION
from loyalty.till.command import Key, digest_of
from loyalty.till.respond import BUSY, IdempotencyKey, problem_of, respond
from mandegar.database import Act, as_shop
from mandegar.events import CustomerKey
from mandegar.events.loyalty import AdjustmentState
from mandegar.tokens import Principal
from mandegar.web import Acting, Ctx, Router, audited, errors
from mandegar.web.access import TokenAccess, secured
from mandegar.web.customers import CustomerId, stored_key
from mandegar.web.paging import write_cursor
from mandegar.web.slashes import with_slashes

router = Router(tags=["adjustments"])
# A member of staff may be named in ``sub``, which for other routes is the only customer that a token reads.
Staff = Annotated[Principal, secured(TokenAccess(("points:adjust",), customer_scopes=("points:adjust",)))]
NOT_ENOUGH = (
    (409, "not_enough_points", "the customer has fewer points (`required`, `available`, `missing`)"),
    (409, "not_enough_credit", "the customer has less credit (the same, as decimal text)"),
)
TOO_MANY = (409, "too_many_lots", "the points or the credit are in too many lots (`at_most`)")


@router.post(
    "/v1/customers/{customer_id}/adjustments",
    summary="Give points or credit to a customer, or take them",
    status_code=201,
    response_model=ChangedAdjustment,
    responses={
        202: {"model": ChangedAdjustment, "description": "The amount needs a second person; nothing has moved yet"},
        **errors(
            (404, "unknown_customer", "no event of this customer has been applied, or they were erased"),
            *NOT_ENOUGH,
            TOO_MANY,
            FRACTION,
            (422, "idempotency_key_reused", "the key belongs to another request"),
            BUSY,
        ),
    },
    openapi_extra=audited("points.adjust"),
)
async def adjust(
    ctx: LoyaltyCtx,
    who: Staff,
    act: Acting,
    customer_id: CustomerId,
    wanted: AdjustRequest,
    idempotency_key: IdempotencyKey,
) -> Response:
    """What is given is usable at once, as a lot of its own. What is taken is taken as it would be spent.

    `credit` instead of `points` gives credit in money: a refund as store credit, for instance, under the id of the
    refund as Idempotency-Key. It does not expire unless `expires_in_days` says so.

    Above an amount that the programme states (`adjustments.second_person_above`, and `second_person_above_credit`;
    version 2) it waits for a second person. What counts is all that the author has given this customer within the 24
    hours before, or has taken, in the same unit: what waits as well, but nothing that a second person has decided
    about. So nobody gets around it in small amounts. The author is the key that signed the token, and its `sub`, in
    which a token for staff may name a person.
    """
    customer = await stored_key(ctx, who.shop, with_slashes(customer_id))
    author = person_of(who.key_id, who.subject, shop=who.shop, key=ctx.identity_key)
    asked_by = f"Person(key_id={who.key_id!r}, subject={who.subject!r})"  # as in keys that were used before
    fingerprint = f"{customer.customer_id}\n{asked_by}\n{wanted.form}"
    command = Adjust(
        named=customer,
        act=act,
        key=Key("adjustments", digest_of(idempotency_key), digest_of(fingerprint)),
        author=author,
        asked_at=ctx.clock.now(),
        **wanted.model_dump(exclude={"points", "credit"}),
        points=wanted.points or 0,
        credit=None if wanted.credit is None else thousandths(wanted.credit),
    )
    return await respond(ctx.till, command)


@router.get("/v1/adjustments", summary="List the adjustments of the shop, newest first")
async def adjustments(
    ctx: Ctx,
    who: Staff,
    state: Annotated[AdjustmentState | None, Query(description="Only adjustments in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Adjustments per page, at most 200")] = 50,
    before: Before = None,
) -> AdjustmentsAnswer:
    """Those that wait for a second person are `waiting`."""
    page = Page(state, read_before(before), limit)
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await page_of_shop(connection, who.shop, page)
    last = rows[-1] if len(rows) == limit else None
    return AdjustmentsAnswer(
        adjustments=[AdjustmentAnswer(**adjustment_fields(AdjustmentRow(*row))) for row in rows],
        next_before=None if last is None else write_cursor(last["asked_at"], last["adjustment_id"]),
    )


OWN = (409, "own_adjustment", "the author cannot decide")
DECIDED = errors(
    OWN,
    (404, "unknown_adjustment", "the shop has no adjustment with this id"),
    (409, "adjustment_decided", "it was decided otherwise, or by somebody else (`state`)"),
    BUSY,
)


@router.post(
    "/v1/adjustments/{adjustment_id}/approve",
    summary="Approve a waiting adjustment",
    response_model=ChangedAdjustment,
    responses={
        **DECIDED,
        **errors(
            OWN,
            (409, "adjustment_decided", "it was decided before"),
            (409, "adjustment_over", "what it would give has had its last day"),
            *NOT_ENOUGH,
            TOO_MANY,
        ),
    },
    openapi_extra=audited("adjustment.approve"),
)
async def approve(ctx: LoyaltyCtx, who: Staff, act: Acting, adjustment_id: UUID) -> Response:
    """The points move now. Somebody other than the author has to approve. Approving again gives the same answer."""
    return await _decide(ctx, who, act, adjustment_id, APPLIED)


@router.post(
    "/v1/adjustments/{adjustment_id}/refuse",
    summary="Refuse a waiting adjustment",
    response_model=ChangedAdjustment,
    responses=DECIDED,
    openapi_extra=audited("adjustment.refuse"),
)
async def refuse(ctx: LoyaltyCtx, who: Staff, act: Acting, adjustment_id: UUID) -> Response:
    """No points move. Somebody other than the author has to refuse. Refusing again gives the same answer."""
    return await _decide(ctx, who, act, adjustment_id, REFUSED)


async def _decide(ctx: LoyaltyCtx, who: Principal, act: Act, adjustment: UUID, change: str) -> Response:
    async with as_shop(ctx.web, who.shop) as connection:
        row = (await load_adjustments(connection, {(who.shop, adjustment)})).get((who.shop, adjustment))
    if row is None:
        raise problem_of(UNKNOWN_ADJUSTMENT)
    named = CustomerKey(who.shop, row.customer_id)
    by = person_of(who.key_id, who.subject, shop=who.shop, key=ctx.identity_key)
    return await respond(ctx.till, Decide(named=named, act=act, adjustment=adjustment, change=change, by=by))
