"""The data of events about orders as the other services receive it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ingest.domain import forms
from ingest.domain.act_words import code, coupon, label
from ingest.domain.amounts import exact, factor, money
from ingest.domain.customer_ids import own_id, text_id
from ingest.domain.event_time import ahead_of
from ingest.domain.order_status import order_status
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events import ingest as acts
from mandegar.events.identity import is_nothing
from mandegar.events.written import trimmed
from mandegar.quantities import to_us, whole_of

VERSION_MAX = 2**63 - 1
COUPONS_MAX = 50
# Who ended an order, in words of platforms.
_ENDED_BY: dict[str, Literal["customer", "shop", "fraud", "other"]] = {
    **dict.fromkeys(("customer", "buyer", "client", "user"), "customer"),
    **dict.fromkeys(("shop", "store", "merchant", "seller", "staff", "admin", "inventory", "declined"), "shop"),
    "fraud": "fraud",
    "other": "other",
}
# So many odd lines of an order are named in the answer.
ODD_LINES_MAX = 5


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


def order(
    form: forms.OrderForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> acts.OrderSnapshot:
    times = factor(form.currency, source)
    coupons = [coupon(word, names, left_out) for word in form.coupons or ()]
    if len(coupons) > COUPONS_MAX:
        left_out.append(f"data.coupons after the first {COUPONS_MAX}")
    return acts.OrderSnapshot(
        order_id=names.of_order(own_id(form.order_id, "data.order_id")),
        currency=source.shop.currency,
        total=money(form.total, "data.total", times),
        version=_version(form.version, written),
        items=_items(form.items, times, names, left_out) if form.items else (),
        coupons=tuple(filter(None, coupons[:COUPONS_MAX])),
        status=_status(form.status, left_out) if form.status else None,
        written_at=ahead_of(written, now),
        channel=label(form.channel, "data.channel", names, left_out),
        branch=label(form.branch, "data.branch", names, left_out),
        discount=_part(form.discount, "data.discount", times, left_out),
        shipping=_part(form.shipping, "data.shipping", times, left_out),
        tax=_part(form.tax, "data.tax", times, left_out),
        gift_cards=_part(form.gift_cards, "data.gift_cards", times, left_out),
        referral=_referral(form.referral_code, names, left_out),
        payer=_hidden(form.payment_id, "data.payment_id", names, left_out),
        ship_to=_hidden(form.address_id, "data.address_id", names, left_out),
    )


def delivery(
    form: forms.DeliveryForm,
    _source: Source,
    names: Pseudonyms,
    _written: datetime,
    _now: datetime,
    _left_out: list[str],
) -> acts.OrderDelivered:
    return acts.OrderDelivered(order_id=names.of_order(own_id(form.order_id, "data.order_id")))


def _part(amount: Decimal | None, field: str, times: Decimal, left_out: list[str]) -> Decimal | None:
    """An amount beside the total, or None: an unusable one does not keep the order back."""
    if amount is None:
        return None
    try:
        return money(amount, field, times)
    except Refused:
        left_out.append(field)
        return None


def _referral(text: forms.Name | None, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The pseudonym of the code of whoever referred the customer; a wrong one does not keep the order back."""
    if text is None or text == "":
        return None
    try:
        return names.referral_code(str(text))
    except ValueError:
        left_out.append("data.referral_code (not the code of a customer)")
        return None


def _hidden(text: forms.Name | None, field: str, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The hash of what may be anything, an address or the number of a card among it."""
    if text is None or text == "":
        return None
    try:
        id_ = text_id(text, field)
        return None if is_nothing(id_) else names.hidden(id_)
    except Refused:
        left_out.append(field)
        return None


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
        category=label(form.category, "data.items.category", names, left_out),
        gift_card=form.gift_card is True,
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
        order_id=names.of_order(own_id(form.order_id, "data.order_id")),
        version=_version(form.version, written),
        reason=code(form.reason, "data.reason", names, left_out),
        written_at=ahead_of(written, now),
        cancelled_by=_ended_by(form.cancelled_by, left_out),
    )


def _ended_by(word: forms.Name | None, left_out: list[str]) -> Literal["customer", "shop", "fraud", "other"] | None:
    if word is None or word == "":
        return None
    who = _ENDED_BY.get(trimmed(str(word)).lower())
    if who is None:
        left_out.append("data.cancelled_by (not customer, shop, fraud or other)")
    return who


def refund(
    form: forms.RefundForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> acts.RefundIssued:
    return acts.RefundIssued(
        refund_id=names.of_order(own_id(form.refund_id, "data.refund_id")),
        order_id=names.of_order(own_id(form.order_id, "data.order_id")),
        currency=source.shop.currency,
        amount=money(form.amount, "data.amount", factor(form.currency, source)),
        reason=code(form.reason, "data.reason", names, left_out),
        written_at=ahead_of(written, now),
    )
