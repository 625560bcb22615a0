"""Which events a row of a file states. Their ids come from the row's own key, never from its file or line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ingest.domain.documents import Value as Json
from ingest.domain.file_rows.read import Fields, RowOptions, Value, missing, read_row
from ingest.domain.file_rows.row_error import RowError
from ingest.domain.file_rows.targets import ATTRIBUTE, OF_A_LINE, REQUIRED, TARGETS, Kind, plain_name
from ingest.domain.pseudonyms import Pseudonyms
from ingest.imports.row_keys import NAMES, Key, KnownAs, key_of_lot, person_of
from mandegar.events.identity import is_placeholder

METHOD = "import"
_PROFILE = ("email", "phone", "name", "locale", "zone", "birthday")
_CHANNELS = ("email", "sms")
_ORDER_TYPES = {"open": "order.placed", "paid": "order.paid"}
_METHOD_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")

NativeEvent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """How the rows of one import become events; ``as_of`` is when the file was true."""

    kind: Kind
    columns: Mapping[str, str]
    options: RowOptions
    names: Pseudonyms
    as_of: datetime | None = None


class Stated(NamedTuple):
    """What a row states: its events, or why there are none, and what was left out of them (``notes``).

    ``amounts`` are its sums in the currency of the shop, also where it is refused. ``known_as`` has by id of an event
    under which others the same may have been stated before.
    """

    events: Sequence[NativeEvent]
    errors: Sequence[RowError] = ()
    notes: Sequence[RowError] = ()
    amounts: Mapping[str, Decimal | int] = {}
    known_as: Mapping[str, KnownAs] = {}


def events_of(rows: Sequence[Mapping[str, Json]], way: Way) -> Stated:
    """The events of one row, or of the rows that are lines of one order."""
    fields, errors = read_row(way.kind, rows[0], way.columns, way.options)
    unreadable = {error.column for error in errors}
    absent = (missing(fields, way.columns, group) for group in REQUIRED[way.kind])
    errors += [error for error in absent if error is not None and error.column not in unreadable]
    amounts: dict[str, Decimal | int] = {
        name: value
        for name in ("total", "refunded", "points")
        if isinstance(value := fields.get(name), Decimal | int) and not isinstance(value, bool)
    }
    if way.kind == "customers" and "tier" in fields and "tier_until" not in fields and not errors:
        errors.append(RowError(way.columns.get("tier_until"), "missing_value", "tier_until is missing for the tier"))
    if errors:
        return Stated((), errors, (), amounts)
    row = _Row(_without_placeholder(fields), way)
    if way.kind == "orders":
        items, notes = _items(rows, fields, way)
        return Stated([*row.order(items)], (), notes, amounts)
    if way.kind == "messages":
        return _message(row, amounts)
    if way.kind == "coupons":
        return _coupon(row)
    events = [*row.points(), *row.tier()]
    if way.kind == "customers":
        events = [*row.customer(), *events]
    return Stated(events, (), (), amounts, row.known_as)


def _without_placeholder(fields: Fields) -> Fields:
    """Without an id that programs write for guests, such as 0, where an address says who it is."""
    if is_placeholder(str(fields.get("customer_id", ""))) and ("email" in fields or "phone" in fields):
        return {name: value for name, value in fields.items() if name != "customer_id"}
    return fields


def _message(row: "_Row", amounts: Mapping[str, Decimal | int]) -> Stated:
    channel = str(row.fields["channel"]).lower()
    channel = {"mail": "email", "e-mail": "email", "text": "sms", "ایمیل": "email", "پیامک": "sms"}.get(
        channel, channel
    )
    if channel not in _CHANNELS:
        return Stated((), [RowError(row.way.columns["channel"], "bad_value", "channel must be email or sms")])
    return Stated([row.message(channel)], (), (), amounts)


def _coupon(row: "_Row") -> Stated:
    code, column = str(row.fields["code"]), row.way.columns["code"]
    try:
        id_ = row.way.names.coupon(code)
    except ValueError as error:
        return Stated((), [RowError(column, "bad_value", f"code: {error}")])
    return Stated([row.coupon(str(id_))])


class _Row:
    """One row with its values, as the events in the native form that it states."""

    def __init__(self, fields: Fields, way: Way) -> None:
        self.fields, self.way = fields, way
        self._who = next(str(fields[target]) for target in NAMES if target in fields)
        self.known_as: dict[str, KnownAs] = {}

    def customer(self) -> Iterable[NativeEvent]:
        if "joined_at" in self.fields:
            yield self._event("customer.signed_up", "joined", self._who, {}, self.fields["joined_at"])
        block = self._customer_block() | self._profile()
        if block.keys() - {"id"}:
            at = self.fields.get("updated_at", self.way.as_of)
            yield self._event("customer.updated", "customer", self._who, {}, at) | {"customer": block}

    def points(self) -> Iterable[NativeEvent]:
        points = self.fields.get("points")
        if points is None:
            return
        earned, expires = self.fields.get("points_earned"), self.fields.get("points_expire")
        stated = (_text(earned), _text(expires))
        if "lot_id" in self.fields:
            lot_id = self.way.names.word(str(self.fields["lot_id"]))
        else:
            lot_id = self._known_by("lot", key_of_lot(*stated, balance=self.way.kind == "customers"))
        data = {"lot_id": lot_id, "points": points, "earned_at": _text(earned), "expires_at": _text(expires)}
        data = {name: value for name, value in data.items() if value is not None}
        yield self._event("points.opened", "lot", lot_id, data, self.way.as_of)

    def tier(self) -> Iterable[NativeEvent]:
        if "tier" in self.fields:
            data = {"tier": self.fields["tier"], "until": _text(self.fields["tier_until"])}
            yield self._event("tier.granted", "tier", self._known_by("tier", Key("")), data, self.way.as_of)

    def _known_by(self, prefix: str, key: Key) -> str:
        """The key of what is stated of the customer, as it is published; notes by what else it may be known."""
        word = self.way.names.word
        person = person_of(self.fields, self.way.options.source.shop, self.way.names.key)
        name = word(person.id + key.ending)
        self.known_as[f"{prefix}:{name}"] = KnownAs(prefix, key, person.written, person.guests, word)
        return name

    def message(self, channel: str) -> NativeEvent:
        name = str(self.fields["message_id"])
        data = {"message_id": name, "channel": channel, "marketing": self.fields.get("marketing", True)}
        if "journey" in self.fields:
            data["journey"] = self.fields["journey"]
        # A campaign may have one id for all of its customers.
        key = f"{self._who} {name}"
        return self._event("message.sent_elsewhere", "message", key, data, self.fields["sent_at"])

    def coupon(self, coupon_id: str) -> NativeEvent:
        """A coupon is known by its id, which tells nobody the code."""
        names = ("code", "amount", "percent", "at_most", "minimum_spend", "currency", "free_shipping", "reward")
        data = {name: _text(self.fields[name]) for name in (*names, "expires_at") if name in self.fields}
        return self._event("coupon.opened", "coupon", coupon_id, data, self.way.as_of)

    def order(self, items: Sequence[NativeEvent]) -> Iterable[NativeEvent]:
        fields, order_id = self.fields, str(self.fields["order_id"])
        status = "cancelled" if "cancelled_at" in fields else fields.get("status", "paid")
        dates = ("paid_at", "placed_at") if status != "open" else ("placed_at", "paid_at")
        at = next(fields[name] for name in dates if name in fields)
        version = fields.get("version")
        data = {
            "order_id": order_id,
            "currency": fields["currency"],
            "total": _text(fields["total"]),
            "version": version,
            "coupons": fields.get("coupons"),
            "items": [*items] or None,
            "status": None if status in _ORDER_TYPES else status,
        }
        data = {name: value for name, value in data.items() if value is not None}
        type_ = _ORDER_TYPES.get(str(status), "order.updated")
        key = order_id if version is None else f"{self.way.names.word(order_id)}:{version}"
        yield self._event(type_, "order", key, data, at, as_it_is=version is not None)
        if fields.get("refunded"):
            refund_id = str(fields.get("refund_id") or f"{order_id}-refunded")
            data = {
                "refund_id": refund_id,
                "order_id": order_id,
                "currency": fields["currency"],
                "amount": _text(fields["refunded"]),
            }
            if version is not None:
                refund_id = f"{self.way.names.word(refund_id)}:{version}"
            at = fields.get("refunded_at", at)
            yield self._event("refund.issued", "refund", refund_id, data, at, as_it_is=version is not None)

    def _event(
        self, type_: str, prefix: str, key: str, data: NativeEvent, at: Value | None, *, as_it_is: bool = False
    ) -> NativeEvent:
        # A colon stands in no id that is published as it is, so two kinds of keys never give one id.
        event: NativeEvent = {"id": f"{prefix}:{key if as_it_is else self.way.names.word(key)}", "type": type_}
        event |= {
            "customer": self._customer_block(with_addresses=self.way.kind in ("orders", "messages", "coupons")),
            "data": data,
        }
        return event if at is None else event | {"time": _text(at)}

    def _customer_block(self, *, with_addresses: bool = False) -> NativeEvent:
        """What names the customer: their id, else their addresses."""
        block = {} if "customer_id" not in self.fields else {"id": self.fields["customer_id"]}
        if with_addresses or not block:
            block |= {name: self.fields[name] for name in ("email", "phone") if name in self.fields}
        return block

    def _profile(self) -> NativeEvent:
        fields = self.fields
        profile: NativeEvent = {name: _text(fields[name]) for name in _PROFILE if name in fields}
        names = [str(fields[name]) for name in ("first_name", "last_name") if name in fields]
        if names:
            profile.setdefault("name", " ".join(names))
        consent = {channel: self._consent(channel) for channel in _CHANNELS if f"{channel}_consent" in fields}
        if consent:
            profile["consent"] = consent
        attributes = {name[len(ATTRIBUTE) :]: fields[name] for name in fields if name.startswith(ATTRIBUTE)}
        if attributes:
            profile["attributes"] = attributes
        return profile

    def _consent(self, channel: str) -> NativeEvent:
        """A consent with its evidence.

        An opt-out is dated where the file allows it: only a dated one stands whatever a shop's platform repeats later.
        """
        fields = self.fields
        method = str(fields.get(f"{channel}_consent_method", METHOD))
        if len(method) > 64 or not set(method) <= _METHOD_LETTERS:
            method = METHOD
        consent = {"status": fields[f"{channel}_consent"], "method": method}
        at = fields.get(f"{channel}_consent_at")
        if at is None and consent["status"] != "granted":
            at = fields.get("updated_at") or self.way.as_of or fields.get("joined_at")
        return consent if at is None else consent | {"at": _text(at)}


def _items(rows: Sequence[Mapping[str, Json]], fields: Fields, way: Way) -> tuple[list[NativeEvent], list[RowError]]:
    """The lines of an order, and what was left out of them: its total counts, not their sum."""
    listed = fields.get("items")
    if isinstance(listed, list):
        lines: list[tuple[Mapping[str, Json], Mapping[str, str]]] = [
            (line, _columns_of(line)) for line in listed if isinstance(line, dict)
        ]
    else:
        lines = [(row, {name: way.columns[name] for name in OF_A_LINE if name in way.columns}) for row in rows]
    items: list[NativeEvent] = []
    notes: list[RowError] = []
    currency = rows[0].get(way.columns.get("currency", ""))
    for place, (line, columns) in enumerate(lines, start=1):
        item, errors = read_row("orders", {**line, "": currency}, {**columns, "currency": ""}, way.options)
        item.pop("currency", None)
        if errors:
            column = errors[0].column
            detail = f"line {place} of the order was left out: {errors[0].detail}"
            notes.append(RowError(column, errors[0].code, detail))
        elif "product_id" in item or "sku" in item:
            items.append({name: _text(value) for name, value in item.items()})
    return items, notes


def _columns_of(line: Mapping[str, Json]) -> dict[str, str]:
    plain = {plain_name(key): key for key in line}
    columns: dict[str, str] = {}
    for target in OF_A_LINE:
        names = (plain_name(target), *TARGETS["orders"][target].names)
        found = next((plain[name] for name in names if name in plain), None)
        if found is not None:
            columns[target] = found
    return columns


def _text(value: Value | None) -> Any:
    """A value as JSON has it: amounts and times as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime | date) else value
