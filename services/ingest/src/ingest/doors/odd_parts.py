"""Reads data although a part of it, on which the event does not depend, is not what it should be."""

from decimal import Decimal
from typing import Any

from msgspec import Raw, json

from ingest.domain.forms import (
    CancellationForm,
    DataForm,
    ItemForm,
    Name,
    OddItem,
    OrderForm,
    RefundForm,
    ReviewForm,
    SurveyForm,
    TicketForm,
)
from ingest.domain.outcomes import Refused
from ingest.doors.request.decode import decode_or_refuse

_FIELDS = json.Decoder(dict[str, Raw])
_ELEMENTS = json.Decoder(list[Raw] | None)
_ITEM = json.Decoder(ItemForm)
_COUPON = json.Decoder(Name)
_WORD = json.Decoder(Name | None)
_TEXT = json.Decoder(str | None)
_AMOUNT = json.Decoder(Decimal | None)
# Single values that may be odd.
_SINGLE: dict[type[DataForm], dict[str, json.Decoder[Any]]] = {
    OrderForm: dict.fromkeys(("status", "channel", "branch", "referral_code", "payment_id", "address_id"), _WORD)
    | dict.fromkeys(("discount", "shipping", "tax", "gift_cards"), _AMOUNT),
    CancellationForm: {"reason": _WORD, "cancelled_by": _WORD},
    RefundForm: {"reason": _WORD},
    **{form: {"text": _TEXT} for form in (ReviewForm, SurveyForm, TicketForm)},
}
MAY_BE_ODD = frozenset(_SINGLE)


def read_without_odd_parts(
    form: type[DataForm], decoder: json.Decoder[DataForm], data: bytes
) -> tuple[DataForm, list[str]]:
    """The data without what is odd in it, and the names of that; raises ``Refused`` if anything else is wrong."""
    fields = decode_or_refuse(_FIELDS.decode, data, "data")
    parts: dict[str, Any] = {}
    left_out: list[str] = []
    for name, of_one in _SINGLE[form].items():
        if name in fields:
            parts[name] = _one(of_one, fields.pop(name), f"data.{name}", left_out)
    if form is OrderForm and "items" in fields:
        parts["items"] = [_line(line) for line in _elements(fields.pop("items"), "data.items", left_out)]
    if form is OrderForm and "coupons" in fields:
        coupons = _elements(fields.pop("coupons"), "data.coupons", left_out)
        read = [_one(_COUPON, coupon, "data.coupons", left_out) for coupon in coupons]
        parts["coupons"] = [coupon for coupon in read if coupon is not None]
    sound = decode_or_refuse(decoder.decode, json.encode(fields), "data")
    for name, part in parts.items():
        setattr(sound, name, part)
    return sound, left_out


def _elements(raw: Raw, field: str, left_out: list[str]) -> list[Raw]:
    elements: list[Raw] | None = _one(_ELEMENTS, raw, field, left_out)
    return elements or []


def _line(raw: Raw) -> ItemForm:
    try:
        return decode_or_refuse(_ITEM.decode, bytes(raw), "item")
    except Refused as refused:
        return OddItem(why=refused.detail)


def _one(decoder: json.Decoder[Any], raw: Raw, field: str, left_out: list[str]) -> Any:
    try:
        return decode_or_refuse(decoder.decode, bytes(raw), field)
    except Refused:
        left_out.append(field)
        return None
