"""The data of an event as the other services receive it."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Literal, cast

from ingest.domain import forms
from ingest.domain.amounts import exact, factor, money
from ingest.domain.customer_ids import text_id
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Source
from mandegar.events import ingest as acts
from mandegar.quantities import to_us, whole_of

VERSION_MAX = 2**63 - 1
COUPONS_MAX = 50
SURVEY_RANGE = {"nps": (0.0, 10.0), "csat": (0.0, 100.0), "ces": (0.0, 100.0)}
_CODE = re.compile(r"[\w.:/-]{1,100}")

Act = (
    acts.OrderSnapshot
    | acts.OrderCancelled
    | acts.RefundIssued
    | acts.Interaction
    | acts.ReviewSubmitted
    | acts.SurveyResponded
    | acts.TicketChanged
)


def _version(value: forms.Name | None, time: datetime) -> int:
    if value is None:
        return to_us(time)
    try:
        version = value if isinstance(value, int) else whole_of(value.strip())
    except ValueError as error:
        raise Refused("invalid_data", "data.version must be an integer") from error
    if not 0 <= version <= VERSION_MAX:
        raise Refused("invalid_data", "data.version must be from 0 to 9223372036854775807")
    return version


def _code(text: str | None) -> str | None:
    """The text if it is a short code, else None: topics are kept for ever and carry no free text."""
    return text if text is not None and _CODE.fullmatch(text) else None


def _label(text: str | None) -> str | None:
    label = None if text is None else text.strip()
    return label if label and len(label) <= 200 and label.isprintable() else None


def order(form: forms.OrderForm, source: Source, time: datetime) -> acts.OrderSnapshot:
    times = factor(form.currency, source)
    return acts.OrderSnapshot(
        order_id=text_id(form.order_id, "data.order_id"),
        currency=source.shop.currency,
        total=money(form.total, "data.total", times),
        version=_version(form.version, time),
        items=tuple(_item(item, times) for item in form.items or ()),
        coupons=tuple(code for coupon in (form.coupons or ())[:COUPONS_MAX] if (code := _code(coupon))),
    )


def _item(form: forms.ItemForm, times: Decimal) -> acts.Item:
    product = form.product_id if form.product_id is not None else form.sku
    if product is None:
        raise Refused("invalid_data", "every item in data.items needs a product_id or sku")
    price = form.unit_price
    return acts.Item(
        product_id=text_id(product, "data.items.product_id"),
        quantity=exact(form.quantity, "data.items.quantity"),
        unit_price=None if price is None else money(price, "data.items.unit_price", times),
        category=_label(form.category),
    )


def cancellation(form: forms.CancellationForm, _source: Source, time: datetime) -> acts.OrderCancelled:
    return acts.OrderCancelled(
        order_id=text_id(form.order_id, "data.order_id"),
        version=_version(form.version, time),
        reason=_code(form.reason),
    )


def refund(form: forms.RefundForm, source: Source, _time: datetime) -> acts.RefundIssued:
    return acts.RefundIssued(
        refund_id=text_id(form.refund_id, "data.refund_id"),
        order_id=text_id(form.order_id, "data.order_id"),
        currency=source.shop.currency,
        amount=money(form.amount, "data.amount", factor(form.currency, source)),
        reason=_code(form.reason),
    )


def interaction(form: forms.InteractionForm, source: Source, _time: datetime) -> acts.Interaction:
    named = (form.subject_id, form.product_id, form.cart_id, form.checkout_id)
    subject = next((value for value in named if value is not None and value != ""), None)
    value = form.value
    if value is not None:
        currency = form.currency or source.unit or source.shop.currency
        value = money(value, "data.value", factor(currency, source))
    return acts.Interaction(
        subject_id=None if subject is None else text_id(subject, "data.subject_id"),
        value=value,
        category=_label(form.category),
    )


def review(form: forms.ReviewForm, _source: Source, _time: datetime) -> acts.ReviewSubmitted:
    scale = form.rating_scale
    if not (isfinite(scale) and scale > 0 and 0 <= form.rating <= scale):
        raise Refused("invalid_data", "data.rating must be from 0 to data.rating_scale")
    return acts.ReviewSubmitted(
        product_id=text_id(form.product_id, "data.product_id"), rating=form.rating, rating_scale=scale
    )


def survey(form: forms.SurveyForm, _source: Source, _time: datetime) -> acts.SurveyResponded:
    limits = SURVEY_RANGE.get(form.kind)
    if limits is None:
        raise Refused("invalid_data", "data.kind must be nps, csat or ces")
    if not limits[0] <= form.score <= limits[1]:
        raise Refused("invalid_data", f"data.score must be from {limits[0]:g} to {limits[1]:g}")
    kind = cast("Literal['nps', 'csat', 'ces']", form.kind)
    return acts.SurveyResponded(survey_id=text_id(form.survey_id, "data.survey_id"), kind=kind, score=form.score)


def ticket(form: forms.TicketForm, _source: Source, _time: datetime) -> acts.TicketChanged:
    return acts.TicketChanged(
        ticket_id=text_id(form.ticket_id, "data.ticket_id"),
        category=_label(form.category),
        priority=_label(form.priority),
    )


_BUILDERS: dict[type, Callable[..., Act]] = {
    forms.OrderForm: order,
    forms.CancellationForm: cancellation,
    forms.RefundForm: refund,
    forms.InteractionForm: interaction,
    forms.ReviewForm: review,
    forms.SurveyForm: survey,
    forms.TicketForm: ticket,
}


def act(form: forms.DataForm, source: Source, time: datetime) -> Act:
    """The typed data; raises ``Refused``."""
    return _BUILDERS[type(form)](form, source, time)
