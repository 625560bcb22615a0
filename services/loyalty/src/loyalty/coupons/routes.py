"""Routes of coupons: a till asks for one and uses it, and a shop uploads the codes of a pool."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Path, Request

from loyalty.coupons.guesses import require_known, unknown_coupon
from loyalty.coupons.pool import CODES_MAX, TOLD_MAX, InvalidCodes, add_to_pool
from loyalty.coupons.redeem import use_coupon
from loyalty.coupons.rows import count_free, issued_coupon
from loyalty.coupons.schemas import CouponAnswer, PooledAnswer, Use, coupon_fields
from loyalty.domain.coupons import coupon_keys
from mandegar.database import answering_within, as_shop, as_shop_writing
from mandegar.events.coupon_codes import coupon_id, normal_form
from mandegar.events.identity import is_opaque, opaque_word
from mandegar.quantities import decimal_of
from mandegar.service.context import Context
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from mandegar.web.customers import stored_key
from mandegar.web.edge.limits import BODY_BYTES

router = Router(prefix="/v1/coupons", tags=["coupons"])
Spender = Annotated[Principal, require("points:spend")]
Writer = Annotated[Principal, require("programme:write")]
Code = Annotated[
    str, Path(max_length=300, description="The code as it was typed: in capitals or not, in any digits, with spaces")
]
UPLOAD_BYTES_MAX = 8 * 1024 * 1024
UPLOAD_SECONDS = 15.0
_UNKNOWN = (
    (404, "unknown_coupon", "there is no coupon with this code"),
    (429, "too_many_unknown_codes", "too many unknown codes were tried; retry after `Retry-After`"),
)
_CODES_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": {"type": "string", "description": "One code a line"}},
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {"type": "string"},
                    "maxItems": CODES_MAX,
                    "example": ["CINEMA-4711", "CINEMA-4712"],
                }
            },
        },
    },
    BODY_BYTES: UPLOAD_BYTES_MAX,
}


@router.get("/{code}", summary="Get a coupon by its code", responses=errors(*_UNKNOWN))
async def coupon(ctx: Ctx, who: Spender, code: Code) -> CouponAnswer:
    """What the coupon gives, and whether it can be used. Nothing changes."""
    now = ctx.clock.now()
    id_ = await _known(ctx, who, code)
    async with as_shop(ctx.web, who.shop) as connection:
        row = await issued_coupon(connection, who.shop, id_)
    if row is None:
        raise unknown_coupon()
    return CouponAnswer(**coupon_fields(row, now))


@router.post(
    "/{code}/redeem",
    summary="Use a coupon",
    responses=errors(
        *_UNKNOWN,
        (409, "coupon_used", "it was used before, for another order or for none"),
        (409, "coupon_expired", "it has expired"),
        (409, "coupon_returned", "it came back from this very order, which was cancelled or refunded"),
        (409, "other_customer", "it is not the coupon of `customer_id`"),
        (409, "minimum_not_reached", "`total` is less than the coupon asks for, or is missing"),
        (422, "invalid_total", "`total` is no amount of money"),
    ),
    openapi_extra=audited("coupon.redeem"),
)
async def redeem(ctx: Ctx, who: Spender, act: Acting, code: Code, use: Use) -> CouponAnswer:
    """A coupon is used once. The same `order_id` again is answered as the first time.

    If the order is cancelled or wholly refunded, a coupon whose reward says `back_on_cancel` can be used again, for
    another order. It expires when it would have.
    """
    total = _total(use)
    customer = None if use.customer_id is None else await stored_key(ctx, who.shop, use.customer_id)
    id_ = await _known(ctx, who, code)
    act.target = f"coupons/{id_}"
    order_id = earlier = None
    if use.order_id is not None:
        order_id = await ctx.id_forms.order_id(who.shop, use.order_id)
        earlier = opaque_word(use.order_id, shop=who.shop, key=ctx.identity_key)
    now = ctx.clock.now()
    async with as_shop_writing(ctx.web, act) as connection:
        row = await use_coupon(
            connection, who.shop, id_, order_id=order_id, earlier=earlier, total=total, customer=customer, now=now
        )
    ctx.wake_relay()
    return CouponAnswer(**coupon_fields(row, now))


@router.post(
    "/pools/{reward}",
    summary="Add codes to the pool of a reward",
    status_code=201,
    responses=errors(
        (422, "invalid_codes", "some lines are no codes (`errors`: line and message of each); nothing was stored"),
        (422, "invalid_reward", "this cannot be the name of a reward"),
    ),
    openapi_extra={**_CODES_BODY, **audited("coupons.pool")},
)
async def pool(ctx: Ctx, who: Writer, act: Acting, request: Request, reward: str) -> PooledAnswer:
    """Each code is added once, so a file may be sent again: a code that any reward of the shop has is counted as
    repeated.
    """
    if len(reward) > 60 or not is_opaque(reward):
        raise Problem(422, "invalid_reward", "This cannot be the name of a reward")
    codes = _codes(await request.body(), request.headers.get("content-type", ""))
    keys, now = coupon_keys(ctx.identity_key), ctx.clock.now()
    with answering_within(UPLOAD_SECONDS):
        async with as_shop_writing(ctx.web, act) as connection:
            try:
                pooled = await add_to_pool(connection, who.shop, reward, codes, keys, now)
            except InvalidCodes as error:
                listed = [one._asdict() for one in error.errors]
                raise Problem(422, "invalid_codes", "Some lines are not codes", errors=listed) from None
            free = (await count_free(connection, who.shop, [reward]))[reward]
    ctx.wake_relay()
    return PooledAnswer(
        reward=reward,
        added=pooled.added,
        repeated=len(pooled.repeated),
        repeated_lines=pooled.repeated[:TOLD_MAX],
        free=free,
    )


async def _known(ctx: Context, who: Principal, code: str) -> UUID:
    """The id of the coupon with a code; a problem for an unknown one."""
    try:
        id_ = coupon_id(who.shop, normal_form(code), coupon_keys(ctx.identity_key).ids)
    except ValueError:
        id_ = None
    await require_known(ctx.web, who, id_, ctx.clock.now())
    if id_ is None:
        raise unknown_coupon()
    return id_


def _total(use: Use) -> Decimal | None:
    if use.total is None:
        return None
    try:
        total = decimal_of(str(use.total))
    except ValueError as error:
        raise Problem(422, "invalid_total", "The total is not an amount of money", str(error)) from None
    if total < 0:
        raise Problem(422, "invalid_total", "The total is not an amount of money", "It must be at least 0")
    return total


def _codes(body: bytes, content_type: str) -> list[str]:
    try:
        if content_type.partition(";")[0].strip().lower() == "application/json":
            codes = msgspec.json.decode(body, type=list[str])
        else:
            codes = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(
            422, "invalid_codes", "The body is not a list of codes", "Send text lines in UTF-8, or a JSON list"
        ) from None
    if not 1 <= len(codes) <= CODES_MAX:
        raise Problem(422, "invalid_codes", f"Between 1 and {CODES_MAX:,} codes can be sent at once")
    return codes
