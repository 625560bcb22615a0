"""The data of an event as the other services receive it."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Literal, cast

from ingest.domain import forms, opening
from ingest.domain.amounts import exact, factor, money
from ingest.domain.consents import CHANNELS
from ingest.domain.customer_ids import text_id
from ingest.domain.event_time import ahead_of
from ingest.domain.order_status import order_status
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events import ingest as acts
from mandegar.events.identity import is_opaque
from mandegar.events.written import is_written, plain_id, trimmed
from mandegar.quantities import to_us, whole_of

VERSION_MAX = 2**63 - 1
COUPONS_MAX = 50
COUPON_MAX = 100
# So many odd lines of an order are named in the answer.
ODD_LINES_MAX = 5
LABEL_MAX = 200
SURVEY_RANGE = {"nps": (0.0, 10.0), "csat": (0.0, 100.0), "ces": (0.0, 100.0)}
# The name of a journey of notify.
_JOURNEY = re.compile("[a-z][a-z0-9_]{0,59}")
_CODE = re.compile(r"[\w.:/-]{1,100}")

Act = (
    acts.OrderSnapshot
    | acts.OrderCancelled
    | acts.RefundIssued
    | acts.PointsOpened
    | acts.TierGranted
    | acts.Interaction
    | acts.ReviewSubmitted
    | acts.SurveyResponded
    | acts.TicketChanged
    | acts.MessageSentElsewhere
)


def _version(value: forms.Name | float | None, written: datetime) -> int:
    if value is None or (isinstance(value, str) and not value.strip()):
        return to_us(written)
    if isinstance(value, float) and value.is_integer():
        value = f"{value:.0f}"
    try:
        version = value if isinstance(value, int) else whole_of(str(value).strip())
    except ValueError as error:
        raise Refused("invalid_data", "data.version must be an integer") from error
    if not 0 <= version <= VERSION_MAX:
        raise Refused("invalid_data", "data.version must be from 0 to 9223372036854775807")
    return version


def _code(value: forms.Name | None, field: str, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The pseudonym of a short code, None for another text: a sentence is of no use to anybody as a hash."""
    text = "" if value is None else str(value)
    if not text or _CODE.fullmatch(text):
        return names.word(text) if text else None
    left_out.append(field)
    return None


def _coupon(code: forms.Name, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The pseudonym of a coupon's code, in any script, but one word."""
    text = str(code)
    if len(plain_id(text).split()) < 2:
        return _label(text, "data.coupons", names, left_out, longest=COUPON_MAX)
    left_out.append("data.coupons")
    return None


def _label(
    text: forms.Name | None, field: str, names: Pseudonyms, left_out: list[str], *, longest: int = LABEL_MAX
) -> str | None:
    """The pseudonym of the text on one line, trimmed; None if it is absent or unusable, as ``left_out`` then says."""
    label = "" if text is None else trimmed(str(text))
    if not label:
        return None
    if len(label) > longest or not is_written(label):
        left_out.append(field)
        return None
    return names.word(label)


def order(
    form: forms.OrderForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> acts.OrderSnapshot:
    times = factor(form.currency, source)
    coupons = [_coupon(coupon, names, left_out) for coupon in form.coupons or ()]
    if len(coupons) > COUPONS_MAX:
        left_out.append(f"data.coupons after the first {COUPONS_MAX}")
    return acts.OrderSnapshot(
        order_id=names.of_order(text_id(form.order_id, "data.order_id")),
        currency=source.shop.currency,
        total=money(form.total, "data.total", times),
        version=_version(form.version, written),
        items=_items(form.items, times, names, left_out) if form.items else (),
        coupons=tuple(filter(None, coupons[:COUPONS_MAX])),
        status=_status(form.status, left_out) if form.status else None,
        written_at=ahead_of(written, now),
    )


def _items(
    lines: list[forms.ItemForm], times: Decimal, names: Pseudonyms, left_out: list[str]
) -> tuple[acts.Item, ...]:
    """The lines that can be read. The others do not keep an order back: its total counts, not the sum of its lines."""
    try:
        return tuple([_item(line, times, names, left_out) for line in lines])
    except Refused:
        return _readable_items(lines, times, names, left_out)


def _readable_items(
    lines: list[forms.ItemForm], times: Decimal, names: Pseudonyms, left_out: list[str]
) -> tuple[acts.Item, ...]:
    items: list[acts.Item] = []
    odd: list[str] = []
    for place, line in enumerate(lines):
        try:
            items.append(_item(line, times, names, left_out))
        except Refused as refused:
            odd.append(f"data.items[{place}] ({refused.detail})")
    left_out += odd[:ODD_LINES_MAX]
    if len(odd) > ODD_LINES_MAX:
        left_out.append(f"{len(odd) - ODD_LINES_MAX} more lines of data.items")
    return tuple(items)


def _item(form: forms.ItemForm, times: Decimal, names: Pseudonyms, left_out: list[str]) -> acts.Item:
    if isinstance(form, forms.OddItem):
        raise Refused("invalid_data", form.why)
    product = form.product_id if form.product_id not in (None, "") else form.sku
    if product is None:
        raise Refused("invalid_data", "it needs a product_id or sku")
    quantity, price = exact(form.quantity, "quantity"), form.unit_price
    if not quantity:
        raise Refused("bad_amount", "quantity must not be zero")
    return acts.Item(
        product_id=names.word(text_id(product, "product_id")),
        quantity=quantity,
        unit_price=None if price is None else money(price, "unit_price", times),
        category=_label(form.category, "data.items.category", names, left_out),
    )


def _status(word: forms.Name, left_out: list[str]) -> str | None:
    status = order_status(str(word))
    if status is None:
        left_out.append("data.status (not a known status of an order)")
    return status


def cancellation(
    form: forms.CancellationForm,
    _source: Source,
    names: Pseudonyms,
    written: datetime,
    now: datetime,
    left_out: list[str],
) -> acts.OrderCancelled:
    return acts.OrderCancelled(
        order_id=names.of_order(text_id(form.order_id, "data.order_id")),
        version=_version(form.version, written),
        reason=_code(form.reason, "data.reason", names, left_out),
        written_at=ahead_of(written, now),
    )


def refund(
    form: forms.RefundForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> acts.RefundIssued:
    return acts.RefundIssued(
        refund_id=names.of_order(text_id(form.refund_id, "data.refund_id")),
        order_id=names.of_order(text_id(form.order_id, "data.order_id")),
        currency=source.shop.currency,
        amount=money(form.amount, "data.amount", factor(form.currency, source)),
        reason=_code(form.reason, "data.reason", names, left_out),
        written_at=ahead_of(written, now),
    )


def interaction(
    form: forms.InteractionForm,
    source: Source,
    names: Pseudonyms,
    _written: datetime,
    _now: datetime,
    left_out: list[str],
) -> acts.Interaction:
    named = (form.subject_id, form.product_id, form.cart_id, form.checkout_id)
    subject = next((value for value in named if value is not None and value != ""), None)
    value = form.value
    if value is not None:
        currency = form.currency or source.unit or source.shop.currency
        value = money(value, "data.value", factor(currency, source))
    return acts.Interaction(
        subject_id=None if subject is None else names.word(text_id(subject, "data.subject_id")),
        value=value,
        category=_label(form.category, "data.category", names, left_out),
    )


def review(
    form: forms.ReviewForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, _: list[str]
) -> acts.ReviewSubmitted:
    scale = form.rating_scale
    if not (isfinite(scale) and scale > 0 and 0 <= form.rating <= scale):
        raise Refused("invalid_data", "data.rating must be from 0 to data.rating_scale")
    return acts.ReviewSubmitted(
        product_id=names.word(text_id(form.product_id, "data.product_id")), rating=form.rating, rating_scale=scale
    )


def survey(
    form: forms.SurveyForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, _: list[str]
) -> acts.SurveyResponded:
    limits = SURVEY_RANGE.get(form.kind)
    if limits is None:
        raise Refused("invalid_data", "data.kind must be nps, csat or ces")
    if not limits[0] <= form.score <= limits[1]:
        raise Refused("invalid_data", f"data.score must be from {limits[0]:g} to {limits[1]:g}")
    kind = cast("Literal['nps', 'csat', 'ces']", form.kind)
    return acts.SurveyResponded(
        survey_id=names.word(text_id(form.survey_id, "data.survey_id")), kind=kind, score=form.score
    )


def ticket(
    form: forms.TicketForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.TicketChanged:
    return acts.TicketChanged(
        ticket_id=names.word(text_id(form.ticket_id, "data.ticket_id")),
        category=_label(form.category, "data.category", names, left_out),
        priority=_label(form.priority, "data.priority", names, left_out),
    )


def message(
    form: forms.MessageForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.MessageSentElsewhere:
    if form.channel not in CHANNELS:
        raise Refused("invalid_data", "data.channel must be email or sms")
    journey = form.journey or None
    if journey is not None and not (_JOURNEY.fullmatch(journey) and is_opaque(journey)):
        left_out.append("data.journey (not the name of a journey)")
        journey = None
    return acts.MessageSentElsewhere(
        message_id=names.word(text_id(form.message_id, "data.message_id")),
        channel=cast("Literal['email', 'sms']", form.channel),
        marketing=form.marketing is not False,
        journey=journey,
    )


_BUILDERS: dict[type, Callable[..., Act]] = {
    forms.OrderForm: order,
    forms.CancellationForm: cancellation,
    forms.RefundForm: refund,
    forms.OpeningForm: opening.points,
    forms.TierGrantForm: opening.tier,
    forms.InteractionForm: interaction,
    forms.ReviewForm: review,
    forms.SurveyForm: survey,
    forms.TicketForm: ticket,
    forms.MessageForm: message,
}


def act(
    form: forms.DataForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> Act:
    """The typed data; raises ``Refused``. Names of fields that cannot be used are added to ``left_out``."""
    return _BUILDERS[type(form)](form, source, names, written, now, left_out)
