"""Coupons that customers of a club that moves in can still use."""

from datetime import datetime
from decimal import Decimal

from ingest.domain.amounts import factor, money
from ingest.domain.customer_ids import text_id
from ingest.domain.forms import CouponForm
from ingest.domain.opening import end_of
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events.identity import is_opaque
from mandegar.events.opening import CouponOpened

REWARD = "opened"
REWARD_MAX = 60
PERCENT_MAX = 100
PERCENT_PLACES = 4


def coupon(
    form: CouponForm, source: Source, names: Pseudonyms, _written: datetime, _now: datetime, _left_out: list[str]
) -> CouponOpened:
    try:
        id_ = names.coupon(text_id(form.code, "data.code"))
    except ValueError as error:
        raise Refused("invalid_data", f"data.code: {error}") from None
    gives = [name for name in ("amount", "percent") if getattr(form, name) is not None]
    gives += ["free_shipping"] if form.free_shipping else []
    if len(gives) != 1:
        raise Refused("invalid_data", "data needs one of amount, percent and free_shipping, which is what it gives")
    if form.at_most is not None and gives != ["percent"]:
        raise Refused("invalid_data", "data.at_most is the most that a percent takes off")
    expires_at = None if form.expires_at in (None, "") else end_of(form.expires_at, "data.expires_at", source.shop.zone)
    return CouponOpened(
        coupon_id=id_,
        reward=_reward(form),
        currency=source.shop.currency,
        amount=_positive(form.amount, "data.amount", form, source),
        percent=_percent(form.percent),
        at_most=_positive(form.at_most, "data.at_most", form, source),
        minimum_spend=_positive(form.minimum_spend, "data.minimum_spend", form, source),
        expires_at=None if expires_at is None else expires_at[1],
    )


def _reward(form: CouponForm) -> str:
    if form.reward is None or form.reward == "":
        return REWARD
    name = text_id(form.reward, "data.reward")
    if len(name) > REWARD_MAX or not is_opaque(name):
        raise Refused("invalid_data", "data.reward must look like an id, such as welcome-2025")
    return name


def _positive(amount: Decimal | None, field: str, form: CouponForm, source: Source) -> Decimal | None:
    """An amount in the currency of the shop."""
    if amount is None:
        return None
    found = money(amount, field, factor(form.currency or source.unit or source.shop.currency, source))
    if found <= 0:
        raise Refused("bad_amount", f"{field} must be above 0")
    return found


def _percent(percent: Decimal | None) -> Decimal | None:
    if percent is None:
        return None
    if not percent.is_finite() or not 0 < percent <= PERCENT_MAX or round(percent, PERCENT_PLACES) != percent:
        raise Refused("bad_amount", f"data.percent must be above 0 and at most {PERCENT_MAX}, with 4 places at most")
    return percent
