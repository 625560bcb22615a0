"""Reads an event although a part of it, on which the event does not depend, is not what it should be.

An optional field that cannot be read is left out and named, unless its absence would say something else. What a
customer's block says besides who it is about is read as a text that no field accepts, so that it counts as invalid: a
consent that was given for an address that cannot be read is not for the one before.
"""

import re
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

from msgspec import Raw, ValidationError, json

from ingest.domain import contract_forms, forms
from ingest.domain.outcomes import Refused
from ingest.doors.request.decode import decode_or_refuse
from mandegar.events.written import UNREADABLE

Read = TypeVar("Read")

# What an event states by it, or by its absence: without it, the event would say something else.
ESSENTIAL: MappingProxyType[type, frozenset[str]] = MappingProxyType(
    {
        forms.OrderForm: frozenset({"currency", "version"}),
        forms.CancellationForm: frozenset({"version"}),
        forms.RefundForm: frozenset({"currency"}),
        forms.OpeningForm: frozenset({"earned_at", "expires_at"}),
        forms.CouponForm: frozenset(field.name for field in fields(forms.CouponForm)),
        forms.InteractionForm: frozenset({"currency"}),
        forms.ReviewForm: frozenset({"rating_scale"}),
        forms.SurveyForm: frozenset({"scale_min", "scale_max"}),
        forms.TicketAnswerForm: frozenset({"at"}),
        forms.PromiseForm: frozenset({"order_id"}),
        forms.PromiseEndForm: frozenset({"at"}),
        contract_forms.SubscriptionForm: frozenset({"currency", "months", "days", "starts_at", "ends_at"}),
        contract_forms.SubscriptionEndForm: frozenset({"ends_at"}),
        contract_forms.TrialForm: frozenset({"months", "days", "starts_at", "ends_at"}),
        contract_forms.TrialEndForm: frozenset({"at"}),
        forms.MessageForm: frozenset({"marketing"}),
        forms.CustomerForm: frozenset({"id"}),
    }
)
# Whose absence is a statement too, so that they count as invalid instead.
INVALID: MappingProxyType[type, frozenset[str]] = MappingProxyType(
    {
        forms.CustomerForm: frozenset({"email", "phone", "name", "locale", "zone", "birthday"}),
        forms.ConsentChangeForm: frozenset({"at", "method"}),
        forms.ConsentForm: frozenset({"at", "method"}),
    }
)
_FIELDS = json.Decoder(dict[str, Raw])
_ELEMENTS = json.Decoder(list[Raw] | None)
_ITEM = json.Decoder(forms.ItemForm)
_COUPON = json.Decoder(forms.Name)
_STATED = json.Decoder(bool | str)
_WORD = json.Decoder(str)
_VALUE = json.Decoder(str | int | float | bool | None)
# A language with one kind of number writes an integer so, one with one kind of collection an empty object.
_WHOLE = re.compile(rb"([0-9]{5,15})\.0+")
EMPTY = b"[]"
_NO = (b"false", b"0")


def _optional(form: type) -> MappingProxyType[str, json.Decoder[Any]]:
    types = get_type_hints(form)
    optional = {field.name for field in fields(form) if field.default is not MISSING}
    names = optional - ESSENTIAL.get(form, frozenset())
    return MappingProxyType({name: json.Decoder(types[name]) for name in sorted(names)})


# The fields of each form that need not be readable, each with its decoder.
MAY_BE_ODD: MappingProxyType[type, MappingProxyType[str, json.Decoder[Any]]] = MappingProxyType(
    {form: _optional(form) for form in {*forms.FORMS.values(), forms.CustomerForm, forms.ConsentForm}}
)


def read_without_odd_parts(
    form: type[Read], decoder: json.Decoder[Read], data: bytes, within: str = "data"
) -> tuple[Read, list[str]]:
    """The form without what is odd in it, and the names of that; raises ``Refused`` if anything else is wrong."""
    written: dict[str, Any] = dict(decode_or_refuse(_FIELDS.decode, data, within))
    left_out: list[str] = []
    parts: dict[str, Any] = {}
    if form is forms.OrderForm:
        parts = _lists_of_order(written, left_out)
    elif form is forms.CustomerForm:
        _plain_block(written)
    elif form is forms.ConsentChangeForm and bytes(written.get("status", b"")) in _NO:
        written["status"] = "withdrawn"
    for name, of_one in MAY_BE_ODD[form].items():
        if isinstance(written.get(name), Raw) and not _fits(of_one, written[name]):
            if name in INVALID.get(form, ()):
                written[name] = UNREADABLE
            else:
                del written[name]
                left_out.append(f"{within}.{name}")
    sound = decode_or_refuse(decoder.decode, json.encode(written), within)
    for name, part in parts.items():
        setattr(sound, name, part)
    return sound, left_out


def _lists_of_order(written: dict[str, Any], left_out: list[str]) -> dict[str, Any]:
    """The lines and coupons that can be read, which are taken out of the fields."""
    parts: dict[str, Any] = {}
    if "items" in written:
        parts["items"] = [_line(line) for line in _elements(written.pop("items"), "data.items", left_out)]
    if "coupons" in written:
        coupons = _elements(written.pop("coupons"), "data.coupons", left_out)
        parts["coupons"] = [_COUPON.decode(coupon) for coupon in coupons if _fits(_COUPON, coupon)]
        if len(parts["coupons"]) < len(coupons):
            left_out.append("data.coupons")
    return parts


def _elements(raw: Raw, field: str, left_out: list[str]) -> list[Raw]:
    if _fits(_ELEMENTS, raw):
        return _ELEMENTS.decode(raw) or []
    left_out.append(field)
    return []


def _line(raw: Raw) -> forms.ItemForm:
    try:
        return decode_or_refuse(_ITEM.decode, bytes(raw), "item")
    except Refused as refused:
        return forms.OddItem(why=refused.detail)


def _plain_block(written: dict[str, Any]) -> None:
    """Make the consents, the attributes and the phone number of a customer's block such as its form can hold."""
    if "consent" in written and bytes(written["consent"]) != b"null":
        written["consent"] = {channel: _consent(one) for channel, one in _members(written["consent"]).items()}
    if "attributes" in written and bytes(written["attributes"]) != b"null":
        values = _members(written["attributes"]).items()
        written["attributes"] = {name: one if _fits(_VALUE, one) else UNREADABLE for name, one in values}
    if "phone" in written and (whole := _WHOLE.fullmatch(bytes(written["phone"]))) is not None:
        written["phone"] = Raw(whole.group(1))


def _members(raw: Raw) -> dict[str, Raw]:
    """The members of an object, each by itself; of anything else one that no field accepts."""
    if _fits(_FIELDS, raw):
        return _FIELDS.decode(raw)
    return {} if bytes(raw) == EMPTY else {UNREADABLE: Raw(json.encode(UNREADABLE))}


def _consent(raw: Raw) -> Any:
    """A consent as its form can hold it: a withdrawal is one although what it states besides cannot be read."""
    if _fits(_STATED, raw):
        return raw
    if not _fits(_FIELDS, raw):
        return UNREADABLE if bytes(raw) not in _NO else False
    stated: dict[str, Any] = dict(_FIELDS.decode(raw))
    if bytes(stated.get("status", b"")) in _NO:
        stated["status"] = "withdrawn"
    elif "status" not in stated or not _fits(_WORD, stated["status"]):
        stated["status"] = UNREADABLE
    for name, of_one in MAY_BE_ODD[forms.ConsentForm].items():
        if name in stated and not _fits(of_one, stated[name]):
            stated[name] = UNREADABLE
    return stated


def _fits(decoder: json.Decoder[Any], raw: Raw) -> bool:
    try:
        decoder.decode(raw)
    except (ValidationError, ValueError, RecursionError):
        return False
    return True
