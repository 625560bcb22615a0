"""The two calls of a till: a one-time code for the customer, and the redemption with it."""

from typing import Annotated, Any, Self

from fastapi import Response
from msgspec import json
from pydantic import BaseModel, ConfigDict, Field, model_validator

from loyalty.account.credit_requests import CreditText
from loyalty.context import LoyaltyCtx
from loyalty.domain.coupons import coupon_keys
from loyalty.domain.money import thousandths
from loyalty.domain.programme import POINTS_MAX
from loyalty.phones.find import LIMITED, customers_known, customers_of_phone
from loyalty.programme.announced import UNKNOWN_SHOP
from loyalty.redemptions.invoices import invoice_of
from loyalty.redemptions.schemas import ChangedRedemption, InvoiceRequest
from loyalty.redemptions.texts import texts_of
from loyalty.rewards.gifts import issued_coupon_of
from loyalty.till.coins import FRACTION
from loyalty.till.command import Key, digest_of
from loyalty.till.respond import BUSY, IdempotencyKey, respond
from loyalty.tills.check import require_code
from loyalty.tills.issue import LASTS, issue_code
from loyalty.tills.redeem import RedeemPoints, RedeemReward
from loyalty.tills.rows import Wanted
from mandegar.database import as_shop, transaction_of
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.web import Acting, Principal, Problem, Router, audited, errors, require
from mandegar.web.customers import stored_key, unknown_customer
from mandegar.web.json_answer import json_answer
from mandegar.web.shop_texts import ShopText

router = Router(prefix="/v1/till", tags=["redemptions"])
Spender = Annotated[Principal, require("points:spend")]
WHO = (
    (404, "unknown_customer", "nobody has the id or the phone number"),
    UNKNOWN_SHOP,
    (409, "several_customers", "several customers have the phone number (`customers`): name one by its id"),
    (422, "invalid_phone", "the text is no phone number"),
    LIMITED,
)


class CodeRequest(BaseModel):
    """Who wants to redeem what at which till."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"phone": "09121234567", "points": 100}})

    phone: str | None = Field(
        None, max_length=64, description="The phone number as the customer says it; it is neither stored nor logged"
    )
    customer_id: str | None = Field(None, max_length=320, description="Instead of the phone number")
    points: int | None = Field(None, strict=True, ge=1, le=POINTS_MAX)
    reward: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="The name of a reward; beside it, `points` pay a part of an order",
    )
    credit: CreditText | None = Field(
        None, description="Credit in the currency of the shop, as decimal text: alone, or beside points and reward"
    )
    reference: ShopText = Field("till", description="The till: a customer has one live code at each")

    @model_validator(mode="after")
    def _says_who_wants_what(self) -> Self:
        if (self.phone is None) == (self.customer_id is None):
            raise ValueError("either a phone number or a customer's id is needed")
        if self.points is None and self.reward is None and self.credit is None:
            raise ValueError("points, a reward or credit are redeemed, or several of them")
        return self

    @property
    def what(self) -> Wanted:
        """What the code is good for."""
        return Wanted(self.points, self.reward, None if self.credit is None else thousandths(self.credit))


class TillRequest(CodeRequest):
    """A redemption at a till, with the code that the customer got."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"phone": "09121234567", "points": 100, "code": "123456"}}
    )

    code: str = Field(max_length=40, description="Persian digits and spaces are understood")
    order: InvoiceRequest | None = Field(
        None,
        description="The order of which the points pay a part, by the section `spend` of the programme, and the credit "
        "at its face",
    )

    @model_validator(mode="after")
    def _pays_with_points(self) -> Self:
        if self.order is not None and self.points is None and self.credit is None:
            raise ValueError("points or credit pay a part of the order: say how many")
        if self.order is None and self.points is not None and self.reward is not None:
            raise ValueError("beside a reward, points pay a part of an order: name it")
        return self


class CodeAnswer(BaseModel):
    """A code was issued. It is sent to the customer, and is not in this answer."""

    customer_id: str
    expires_in: int = Field(description="Seconds for which the code is good")


@router.post(
    "/codes",
    summary="Send a one-time code to a customer at a till",
    status_code=201,
    responses=errors(
        *WHO,
        FRACTION,
        (429, "too_many_codes", "the customer got ten codes within an hour, or the shop 3,000 within a minute"),
    ),
    openapi_extra=audited("till.code"),
)
async def code(ctx: LoyaltyCtx, who: Spender, act: Acting, wanted: CodeRequest) -> CodeAnswer:
    """The code is published as `till.code_issued` for whoever sends it. It replaces the one before at the same till."""
    customer = await _customer(ctx, who, wanted)
    async with transaction_of(act, ctx.worker) as connection:
        await issue_code(connection, customer, wanted.reference, wanted.what, ctx.identity_key, ctx.clock.now())
    ctx.wake_relay()
    return CodeAnswer(customer_id=customer.customer_id, expires_in=LASTS.seconds)


@router.post(
    "/redemptions",
    summary="Redeem with a one-time code",
    status_code=201,
    response_model=ChangedRedemption,
    responses=errors(
        *WHO,
        (404, "unknown_reward", "the catalogue in force has no reward of this name"),
        (409, "no_live_code", "the customer has no code at this till, it has ended, or was tried five times in vain"),
        (409, "wrong_code", "the code is not right (`tries_left`)"),
        (409, "other_purpose", "the code was issued for something else"),
        (409, "code_used", "the code was used before"),
        (409, "not_enough_points", "the customer has fewer usable points"),
        (409, "points_owed", "the customer owes points"),
        (409, "not_enough_credit", "the customer has less usable credit (`required`, `available`, `missing`)"),
        (409, "credit_owed", "the customer owes credit (`owed`)"),
        (409, "credit_too_large", "the credit is more than is left to pay of the order (`at_most`)"),
        (409, "no_part_payment", "the programme does not say what points are worth"),
        (409, "other_currency", "the order is in another currency than the programme (`currency`)"),
        (409, "nothing_payable", "nothing of the order can be paid with points"),
        (409, "invoice_too_small", "the least points are worth more than may be paid with points"),
        (409, "too_few_points", "so few points cannot be used (`at_least`, `at_most`)"),
        (409, "share_too_large", "so much of the order cannot be paid with points (`at_least`, `at_most`)"),
        (409, "not_eligible", "the customer cannot have the reward now (`reasons`)"),
        (409, "too_many_lots", "the points or the credit are in too many lots"),
        FRACTION,
        (422, "idempotency_key_reused", "the key belongs to another request"),
        BUSY,
    ),
    openapi_extra=audited("till.redeem"),
)
async def redeem(
    ctx: LoyaltyCtx, who: Spender, act: Acting, wanted: TillRequest, idempotency_key: IdempotencyKey
) -> Response:
    """Points and credit are spent at once, and the coupon of a reward is in the answer. With `order` they pay a part of
    it, as in `POST /v1/customers/{id}/redemptions`: the answer has the `discount`, and they come back if it is
    refunded. A code for several of them is redeemed for all, as one redemption, or for nothing.
    """
    customer = await _customer(ctx, who, wanted)
    keys, now, what = coupon_keys(ctx.identity_key), ctx.clock.now(), wanted.what
    code_id = await require_code(ctx.worker, customer, wanted.reference, what, wanted.code, ctx.identity_key, now)
    fingerprint = f"{customer.customer_id}\n{code_id}\n{(what.points, what.reward)}"
    if what.credit is not None:
        fingerprint += f"\n{what.credit}"
    invoice, order_id = None, None if wanted.order is None else wanted.order.order_id
    texts = await texts_of(ctx, customer.shop, order_id, wanted.reference)
    if wanted.order is not None:
        fingerprint += f"\n{wanted.order.model_dump_json(exclude_defaults=True)}"
        invoice = invoice_of(wanted.order, texts.order_id or "", wanted.points, None, customer.shop, ctx.identity_key)
    common: dict[str, Any] = {
        "named": customer,
        "act": act,
        "key": Key("till", digest_of(f"till|{idempotency_key}"), digest_of(fingerprint)),
        "lasts": to_us(now + LASTS) - to_us(now),
        "texts": texts,
        "code_id": code_id,
        "keys": keys,
        "invoice": invoice,
        "credit": what.credit or 0,
    }
    if wanted.reward is None:
        return await respond(ctx.till, RedeemPoints(**common, points=wanted.points or 0))
    command = RedeemReward(**common, reward=wanted.reward, asked_at=now)
    answer = await respond(ctx.till, command)
    # Not in the answer that is kept under the key, because nothing that is stored has a code.
    async with as_shop(ctx.web, who.shop) as connection:
        coupon = await issued_coupon_of(connection, who.shop, command.redemption, keys)
    told = json_answer({**json.decode(answer.body), "coupon": coupon})
    told.status_code = answer.status_code
    told.headers.update({name: value for name, value in answer.headers.items() if name.startswith("idempotency")})
    return told


async def _customer(ctx: LoyaltyCtx, who: Principal, wanted: CodeRequest) -> CustomerKey:
    """The customer of a request, or whose alias they are."""
    if wanted.phone is not None:
        found = await customers_of_phone(ctx, who, wanted.phone)
    else:
        key = await stored_key(ctx, who.shop, wanted.customer_id or "")
        found = await customers_known(ctx, who, key.customer_id, by_phone=False)
    if not found:
        raise unknown_customer()
    if len(found) > 1:
        raise Problem(409, "several_customers", "Several customers have this phone number", customers=found)
    return CustomerKey(who.shop, found[0])
