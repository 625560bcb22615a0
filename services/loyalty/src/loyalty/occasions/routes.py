"""The route of a customer's occasions."""

from datetime import date

from loyalty.account.packing import unpack_remembered
from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of
from loyalty.context import LoyaltyCtx
from loyalty.coupons.issue import code_of
from loyalty.domain.act_rules import BIRTHDAY, ActRule, Occasion
from loyalty.domain.coupons import CouponKeys, coupon_keys
from loyalty.domain.dates import kept_since, known_since
from loyalty.domain.occasions import Day, days_of
from loyalty.domain.programme import in_force
from loyalty.occasions.coupons import Coupons, IssueCoupons, read_coupons
from loyalty.occasions.rows import facts_of_dates
from loyalty.occasions.schemas import OccasionAnswer, OccasionCouponAnswer, OccasionCouponsAnswer, OccasionsAnswer
from loyalty.phones.find import LIMITED
from loyalty.programme.rows import Rules, rules_of
from loyalty.spender import CustomerSpend
from loyalty.till.respond import BUSY, respond
from mandegar.database import ReadConnection, Row, as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.web import Acting, Ctx, CustomerRead, Router, audited, errors

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
NO_DATE = "no_date"


@router.get("/occasions", summary="List the birthdays, anniversaries and holidays on which a customer is given points")
async def occasions(ctx: Ctx, customer: CustomerRead) -> OccasionsAnswer:
    """By the programme in force: when each occasion comes next, what it gives, and why nothing if it does not.

    Those that came are listed by `/acts`. Of dates that the customer stated, only the next day is shown.
    """
    now = to_us(ctx.clock.now())
    async with as_shop(ctx.web, customer.shop) as connection:
        customer, row = await root_row(connection, customer)
        rules = await rules_of(connection, customer.shop)
        acts = in_force(rules.programmes, now).acts
        coming = await _coming(connection, customer, row, rules, now) if acts is not None and acts.occasions else {}
    answers = [
        _answer(rule, rule.occasion, coming.get(rule.name))
        for rule in (acts.occasions if acts is not None else ())
        if rule.occasion is not None
    ]
    return OccasionsAnswer(
        customer_id=customer.customer_id,
        occasions=sorted(answers, key=lambda answer: (answer.next_at is None, answer.next_at, answer.rule)),
        as_of=row["settled_at"],
        version=row["version"],
    )


async def _coming(connection: ReadConnection, key: CustomerKey, row: Row, rules: Rules, now: int) -> dict[str, Day]:
    """The next occasion by rule. Of a remembered account what is known of dates is read alone."""
    zones = rules.zones
    programmes = [programme for programme in rules.programmes if programme.effective_from <= now]
    settled_at, remembered = row["settled_at"] and to_us(row["settled_at"]), unpack_remembered(row["remembered"])
    kept = kept_since(programmes)
    if remembered is not None and remembered.coming and remembered.holds(row["version"], settled_at, *rules):
        since: int | None = remembered.coming.since
        facts = await facts_of_dates(connection, key)
    else:
        account = await account_of(connection, key)
        facts = {order_id: order.facts for order_id, order in account.orders.items()}
        since = known_since(facts, kept)
    if since is None:
        return {}
    days = days_of(facts, programmes, zones, since, kept, now).next
    return {day.rule.name: day for day in reversed(days)}


def _answer(rule: ActRule, occasion: Occasion, day: Day | None) -> OccasionAnswer:
    field = occasion.field
    return OccasionAnswer(
        rule=rule.name,
        on="birthday" if field == BIRTHDAY else "profile" if field else "day" if occasion.on else "membership",
        field=field if field and field != BIRTHDAY else None,
        points=rule.points,
        coupon=None if rule.coupon is None else rule.coupon.kind,
        tiers=sorted(rule.tiers),
        next_day=None if day is None else date.fromordinal(day.day),
        next_at=None if day is None else from_us(day.at),
        reason=NO_DATE if day is None else day.reason or None,
    )


@router.post(
    "/occasions/coupons",
    summary="Issue and list the coupons that occasions have given a customer",
    responses=errors(LIMITED, BUSY),
    openapi_extra=audited("occasion.coupons"),
)
async def coupons(ctx: LoyaltyCtx, customer: CustomerSpend, act: Acting) -> OccasionCouponsAnswer:
    """Issues those that were not asked for before, and has the codes of all that have not expired, also of used ones.

    Asking again has the same codes. A coupon that is not asked for until its last day is over is not given.
    """
    keys, now = coupon_keys(ctx.identity_key), to_us(ctx.clock.now())
    async with as_shop(ctx.web, customer.shop) as connection:
        mine = await read_coupons(connection, customer, now)
    if not mine.are_issued:
        await respond(ctx.till, IssueCoupons(named=mine.customer, act=act, given=mine.given, keys=keys))
        async with as_shop(ctx.web, customer.shop) as connection:
            mine = await read_coupons(connection, customer, now)
    return OccasionCouponsAnswer(customer_id=mine.customer.customer_id, coupons=_coupons(mine, keys))


def _coupons(mine: Coupons, keys: CouponKeys) -> list[OccasionCouponAnswer]:
    answers = []
    for one in mine.given:
        for id_ in one.ids:
            if (row := mine.issued.get(id_)) is None:
                continue
            answers.append(
                OccasionCouponAnswer(
                    rule=one.rule,
                    code=code_of(mine.customer.shop, id_, row["prefix"], row, keys),
                    kind=row["kind"],
                    terms=row["terms"],
                    given_at=from_us(one.at),
                    expires_at=row["expires_at"],
                    used_at=row["used_at"],
                )
            )
    return answers
