"""Entries of what loyalty, churn and notify published of a customer."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from churn.domain.lifecycle import AWAY
from churn.domain.timeline.entry import CONSENTS, MESSAGES, POINTS, RISK, Entry, entry_id, stated
from mandegar.events import Event
from mandegar.events.churn import BandCrossed
from mandegar.events.loyalty import LedgerEntry
from mandegar.quantities import to_us

# How many kinds of ledger entries an entry has, of what was posted at once.
CHANGES_MAX: Final = 8
# Who comes from these is back.


def entries_published(event: Event) -> Iterator[Entry]:
    """The entries that an event of ``TYPES`` makes: one, or none for what only tells of a merge."""
    made = _MADE_BY[event.type](event)
    if made is not None:
        yield made


def _once(event: Event, kind: int, type_: str, at: Any = None, **fields: Any) -> Entry:
    """The entry of an event that no other one tells of."""
    when = at or event.time
    return Entry(*event.customer, event.id, kind, when, type_, stated(type_, when, fields))


def _of(event: Event, id_: UUID, kind: int, type_: str, data: Mapping[str, Any], at: Any = None) -> Entry:
    """The entry of a thing that several events tell of."""
    return Entry(*event.customer, id_, kind, at or event.time, type_, dict(data))


def _posted(event: Event) -> Entry | None:
    data = event.data
    sums: dict[tuple[str, bool, str, str], int] = {}
    for entry in data.entries:
        key = entry.kind, _is_taken(entry.kind, entry.points), *_cause(entry)
        sums[key] = sums.get(key, 0) + entry.points
    if not sums or data.merged_into is not None:
        return None
    changes = [
        {"kind": kind, "points": points, **({cause: name} if cause else {})}
        for (kind, _, cause, name), points in [*sums.items()][:CHANGES_MAX]
    ]
    return _once(event, POINTS, "points", changes=changes, changes_total=len(sums), available=data.balance.available)


def _credit(event: Event) -> Entry | None:
    """What was posted in credit, as of points; amounts are decimal text."""
    data = event.data
    sums: dict[tuple[str, bool, str | None], Decimal] = {}
    for entry in data.entries:
        key = entry.kind, _is_taken(entry.kind, entry.amount), entry.order_id
        sums[key] = sums.get(key, Decimal(0)) + entry.amount
    if not sums or data.merged_into is not None:
        return None
    changes = [
        {"kind": kind, "amount": f"{amount:f}", **({} if order_id is None else {"order_id": order_id})}
        for (kind, _, order_id), amount in [*sums.items()][:CHANGES_MAX]
    ]
    return _once(
        event,
        POINTS,
        "credit",
        changes=changes,
        changes_total=len(sums),
        available=f"{data.balance.available:f}",
        currency=data.currency,
    )


def _is_taken(kind: str, amount: int | Decimal) -> bool:
    """Whether staff took it: what staff gave at the same time is a change of its own, and not less of it."""
    return kind == "adjust" and amount < 0


def _cause(entry: LedgerEntry) -> tuple[str, str]:
    """What the points of a ledger entry are for: a field and its value."""
    if entry.act is not None:
        return "act", entry.act.type
    if entry.challenge is not None:
        return "challenge", entry.challenge.name
    if entry.referral is not None:
        return "referral", "friend" if entry.referral == "friend" else "referrer"
    if entry.order_id is not None:
        return "order_id", entry.order_id
    return "", ""


def _expiring(event: Event) -> Entry:
    data = event.data
    return _once(event, POINTS, "points_expiring", points=data.points, expires_us=to_us(data.expires_at))


def _tier(event: Event) -> Entry:
    data = event.data
    return _once(event, POINTS, "tier", data.at, tier=data.tier, previous=data.previous)


def _tier_at_risk(event: Event) -> Entry:
    data = event.data
    return _once(
        event,
        POINTS,
        "tier_at_risk",
        at_risk=data.at_risk,
        tier=data.tier or None,
        falls_to=data.falls_to or None,
        until_us=to_us(data.until),
        missing=None if data.missing is None else f"{data.missing:f}",
        currency=data.currency or None,
        missing_count=data.missing_count,
        measure=data.measure,
    )


def _challenge(event: Event) -> Entry:
    """One entry for each completion, which may be undone, and stand again."""
    data = event.data
    id_ = entry_id(event.shop, "challenge", data.challenge.name, data.challenge.id)
    titles = getattr(data, "titles", None)
    fields = {"challenge": data.challenge.name, "titles": titles, "points": data.points, "badge": data.badge or None}
    state = event.type.removeprefix("challenge.")
    return _of(event, id_, POINTS, "challenge", stated(state, data.at, fields, (data.version,)), data.at)


def _badge(event: Event) -> Entry:
    data = event.data
    titles = getattr(data, "titles", None)
    state = event.type.removeprefix("badge.")
    return _once(event, POINTS, "badge", data.at, badge=data.badge, titles=titles, change=state)


def _redemption(event: Event) -> Entry:
    data = event.data
    fields = {
        "points": data.points,
        "credit": None if data.credit is None else f"{data.credit:f}",
        "order_id": data.order_id,
        "reward": None if data.reward is None else data.reward.reward,
        "discount": None if data.discount is None else f"{data.discount:f}",
        "currency": data.currency,
        "expires_us": to_us(data.expires_at),
        "returned": data.returned or None,
        "credit_returned": f"{data.credit_returned:f}" if data.credit_returned else None,
    }
    told = stated(data.change, data.at, fields, (to_us(data.at), data.place))
    return _of(event, data.redemption_id, POINTS, "redemption", told, data.reserved_at)


def _coupon(event: Event) -> Entry:
    """One entry for each coupon, which is issued, used, and perhaps returned."""
    data = event.data
    at = data.issued_at if event.type == "coupon.issued" else data.at
    expires_at = getattr(data, "expires_at", None)
    total = getattr(data, "total", None)
    fields = {
        "reward": data.reward,
        "order_id": getattr(data, "order_id", None),
        "total": None if total is None else f"{total:f}",
        "expires_us": None if expires_at is None else to_us(expires_at),
    }
    told = stated(event.type.removeprefix("coupon."), at, fields, (getattr(data, "number", 0), to_us(at)))
    return _of(event, data.coupon_id, POINTS, "coupon", told, at)


def _referral(event: Event) -> Entry:
    """What became of it that the customer came by the code of another one."""
    data = event.data
    id_ = entry_id(event.shop, "referral", str(data.referral_id))
    fields = {"state": data.state, "reasons": [*data.reasons] or None}
    told = stated("changed", data.at, fields, (data.number, to_us(data.at), data.place))
    return _of(event, id_, POINTS, "referral", told, data.claimed_at)


def _referral_made(event: Event) -> Entry:
    """What became of it that another one came by the code of the customer."""
    data = event.data
    id_ = entry_id(event.shop, "referral_made", str(data.referral_id))
    fields = {"state": data.state, "reasons": [*data.reasons] or None}
    told = stated("reported", event.time, fields, (data.number,))
    return _of(event, id_, POINTS, "referral_made", told, data.claimed_at)


def _draw(event: Event) -> Entry:
    return _once(event, POINTS, "draw_won", event.data.held_at, draw=event.data.draw)


def _band(event: Event) -> Entry:
    data = event.data
    return _once(
        event,
        RISK,
        "band",
        data.crossed_at,
        band=data.band,
        previous=data.previous,
        won_back=_is_won_back(data) or None,
        risk=data.risk,
        value_at_risk=f"{data.value_at_risk:f}",
        currency=data.currency,
    )


def _is_won_back(data: BandCrossed) -> bool:
    """Whether a purchase brought the customer back; of an event that does not tell lifecycles, whether one may have."""
    is_back = data.band == "healthy" and data.previous in AWAY
    return is_back and data.lifecycle in {None, "won_back"}


def _lifecycle(event: Event) -> Entry:
    data = event.data
    return _once(event, RISK, "lifecycle", data.changed_at, lifecycle=data.lifecycle, previous=data.previous)


def _stage(event: Event) -> Entry | None:
    data = event.data
    if data.merged_into is not None:
        return None
    return _once(event, RISK, "stage", data.changed_at, stage=data.stage, previous=data.previous)


def _band_left(event: Event) -> Entry | None:
    data = event.data
    return None if data.merged_into is not None else _once(event, RISK, "band_left", data.left_at, band=data.previous)


def _segment(event: Event) -> Entry | None:
    data = event.data
    if event.type == "segment.entered":
        return _once(event, RISK, "segment_entered", data.entered_at, segment=data.segment)
    if data.merged_into is not None:
        return None
    return _once(event, RISK, "segment_left", data.left_at, segment=data.segment)


def _message(event: Event) -> Entry:
    """One entry for each message, in the state that notify published last; as on the card."""
    data = event.data
    fields = {
        "message_id": str(data.message_id),
        "journey": data.journey,
        "channel": data.channel,
        "template": data.template,
        "locale": data.locale,
        "reason": data.reason,
    }
    told = stated(event.type.removeprefix("message."), event.time, fields)
    return _of(event, entry_id(event.shop, "message", str(data.message_id)), MESSAGES, "message", told)


def _consent(event: Event) -> Entry:
    data = event.data
    return _once(event, CONSENTS, "consent", data.at, channel=data.channel, status=data.status, method=data.method)


_MADE_BY: Final[Mapping[str, Callable[[Event], Entry | None]]] = MappingProxyType(
    {
        "points.posted": _posted,
        "credit.posted": _credit,
        "points.expiring": _expiring,
        "tier.changed": _tier,
        "tier.at_risk": _tier_at_risk,
        "challenge.completed": _challenge,
        "challenge.undone": _challenge,
        "badge.granted": _badge,
        "badge.withdrawn": _badge,
        "redemption.changed": _redemption,
        "coupon.issued": _coupon,
        "coupon.used": _coupon,
        "coupon.returned": _coupon,
        "referral.changed": _referral,
        "referral.reported": _referral_made,
        "draw.won": _draw,
        "band.crossed": _band,
        "band.left": _band_left,
        "lifecycle.changed": _lifecycle,
        "stage.changed": _stage,
        "segment.entered": _segment,
        "segment.left": _segment,
        "message.sent": _message,
        "message.refused": _message,
        "message.unknown": _message,
        "message.withheld": _message,
        "consent.changed": _consent,
    }
)
TYPES: Final = frozenset(_MADE_BY)
