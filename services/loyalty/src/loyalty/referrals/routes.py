"""Routes of referrals: a customer's code and what came of it, and those that a person looks at."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from loyalty.account.paging import Before, read_before
from loyalty.context import LoyaltyCtx
from loyalty.domain.referral_code import code_from
from loyalty.domain.referrals import APPROVED, REJECTED
from loyalty.referrals.decide import UNKNOWN_REFERRAL, Decide
from loyalty.referrals.issue import IssueCode
from loyalty.referrals.read import Mine, read_referrals
from loyalty.referrals.rows import Page, load_referrals, page_of_shop, referral_of
from loyalty.referrals.schemas import (
    ReferralAnswer,
    ReferralsAnswer,
    ReferralsOfCustomer,
    referrals_fields,
)
from loyalty.till.respond import BUSY, problem_of, respond
from mandegar.database import Act, as_shop
from mandegar.events import CustomerKey
from mandegar.events.referrals import ReferralState
from mandegar.tokens import Principal
from mandegar.web import Acting, Ctx, CustomerRead, Router, audited, errors, require
from mandegar.web.access import CurrentPrincipal
from mandegar.web.paging import write_cursor

router = Router(tags=["referrals"])
Staff = Annotated[Principal, require("points:adjust")]
DECIDED = errors(
    (404, "unknown_referral", "the shop has no referral with this id"),
    (409, "referral_refused", "it does not count (`reasons`)"),
    (409, "referral_not_in_review", "only one in review, or one that was rejected, can be approved (`state`)"),
    BUSY,
)


@router.get(
    "/v1/customers/{customer_id}/referral", summary="Get a customer's personal code, and the referrals that it made"
)
async def referral(ctx: LoyaltyCtx, customer: CustomerRead, who: CurrentPrincipal) -> ReferralsOfCustomer:
    """The code is made when it is asked for the first time, and stays. It can be read aloud, and written in any case,
    with or without hyphens, and with Persian digits.

    Of friends the answer has nothing but the state of each referral.
    """
    mine = await read_referrals(ctx, customer)
    if mine.seed is None and mine.rule is not None:
        act = Act(who.shop, who.key_id, who.subject and mine.customer.customer_id, "referral.issue", _target(mine))
        await respond(ctx.till, IssueCode(named=mine.customer, act=act, identity_key=ctx.identity_key))
        mine = await read_referrals(ctx, customer)
    code = None if mine.seed is None else code_from(mine.seed, shop=customer.shop, key=ctx.identity_key)
    return ReferralsOfCustomer(**referrals_fields(mine, code))


@router.get("/v1/referrals", summary="List the referrals of the shop, newest first")
async def referrals(
    ctx: Ctx,
    who: Staff,
    state: Annotated[ReferralState | None, Query(description="Only referrals in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Referrals per page, at most 200")] = 50,
    before: Before = None,
) -> ReferralsAnswer:
    """Those that a person has to look at are in `review`."""
    page = Page(state, read_before(before), limit)
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await page_of_shop(connection, who.shop, page)
    last = rows[-1] if len(rows) == limit else None
    return ReferralsAnswer(
        referrals=[ReferralAnswer(**dict(row)) for row in rows],
        next_before=None if last is None else write_cursor(last["claimed_at"], last["referral_id"]),
    )


@router.post(
    "/v1/referrals/{referral_id}/approve",
    summary="Approve a referral that is in review",
    responses=DECIDED,
    openapi_extra=audited("referral.approve"),
)
async def approve(ctx: LoyaltyCtx, who: Staff, act: Acting, referral_id: UUID) -> ReferralAnswer:
    """It earns points from now on, once the friend's order has been kept. Approving again has the same answer."""
    return await _decide(ctx, who, act, referral_id, APPROVED)


@router.post(
    "/v1/referrals/{referral_id}/reject",
    summary="Reject a referral",
    responses=DECIDED,
    openapi_extra=audited("referral.reject"),
)
async def reject(ctx: LoyaltyCtx, who: Staff, act: Acting, referral_id: UUID) -> ReferralAnswer:
    """What either side was given for it is taken back. Rejecting again has the same answer."""
    return await _decide(ctx, who, act, referral_id, REJECTED)


async def _decide(ctx: LoyaltyCtx, who: Principal, act: Act, referral_id: UUID, decision: str) -> ReferralAnswer:
    async with as_shop(ctx.web, who.shop) as connection:
        row = (await load_referrals(connection, {(who.shop, referral_id)})).get((who.shop, referral_id))
    if row is None:
        raise problem_of(UNKNOWN_REFERRAL)
    command = Decide(
        named=CustomerKey(who.shop, row.customer_id),
        act=act,
        referral=referral_id,
        decision=decision,
        key_id=who.key_id,
        subject=who.subject,
    )
    await respond(ctx.till, command)
    async with as_shop(ctx.web, who.shop) as connection:
        found = await referral_of(connection, who.shop, referral_id)
    if found is None:
        raise problem_of(UNKNOWN_REFERRAL)
    return ReferralAnswer(**dict(found))


def _target(mine: Mine) -> str:
    return f"customers/{mine.customer.customer_id}"
