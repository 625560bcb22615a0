"""Which signal each event is, and how strong; the table of docs/churn.md states the same in words.

Stars and scores come first: what a text sounds like counts only where there are none.
"""

from math import isfinite
from typing import Final

from churn.domain.signals.experience import Fact, Kind, fact
from churn.domain.signals.state import with_cart, with_fact, with_visit
from mandegar.events import Event
from mandegar.events.registry import VISIT_TYPES
from mandegar.quantities import to_us

VISITS: Final = VISIT_TYPES | {"customer.logged_in"}
_CARTS: Final = frozenset({"cart.updated", "checkout.started"})
# A ticket of which nothing else is known, and how much what it sounds like changes that.
_TICKET: Final = 0.6
_TICKET_BY_SENTIMENT: Final = 0.4
RETURNED: Final = 0.5
_NPS_DETRACTOR: Final = 6.0
_NPS_PROMOTER: Final = 9.0
_NPS_MAX: Final = 10.0
_CSAT_MAX: Final = 100.0
# Of five stars: two or fewer are a complaint, four or more are praise.
_LOW: Final = 2.0
_HIGH: Final = 4.0
_STARS: Final = 5.0
_SENTIMENT_MIN: Final = 0.3
# Less than any stars but three say: the stage takes it for no word.
_SOUND_MAX: Final = 0.49


def noted(signals: bytes, event: Event) -> bytes:
    """The signals of a customer after an event of theirs; the same bytes if it is none."""
    if event.type in _CARTS:
        return with_cart(signals, to_us(event.time))
    if event.type in VISITS:
        return with_visit(signals, to_us(event.time))
    return with_fact(signals, _fact_of(event))


def _fact_of(event: Event) -> Fact | None:
    data, at_us = event.data, to_us(event.time)
    sentiment = getattr(data, "sentiment", None)
    match event.type:
        case "review.submitted":
            return reviewed(at_us, data.rating, data.rating_scale, sentiment, key=str(event.id))
        case "survey.responded":
            return _answered(at_us, data.kind, data.score, key=str(event.id))
        case "ticket.opened":
            return fact("ticket_opened", at_us, ticket_strength(sentiment), data.ticket_id)
        case "ticket.answered" | "ticket.closed":
            kind: Kind = "ticket_answered" if event.type == "ticket.answered" else "ticket_closed"
            return fact(kind, _stated(event), key=data.ticket_id)
        case "order.cancelled":
            return fact("cancelled_by_shop" if data.cancelled_by == "shop" else "cancelled", at_us, key=data.order_id)
        case "order.moved":
            return fact("moved", at_us, key=data.order_id)
        case "refund.issued":
            return fact("returned", at_us, RETURNED, f"{data.order_id} {data.refund_id}", data.order_id)
        case "order.delivered":
            return fact("delivered", at_us, key=data.order_id)
        case "promise.made":
            promised: Kind = "delivery_promised" if data.kind == "delivery" else "promised"
            return fact(promised, to_us(data.due_at), 1.0, data.promise_id, data.order_id or "", at_us)
        case "promise.kept" | "promise.broken":
            ended: Kind = "promise_kept" if event.type == "promise.kept" else "promise_broken"
            return fact(ended, _stated(event), key=data.promise_id)
    return None


def _stated(event: Event) -> int:
    """The instant that the data names, or that of the event."""
    at = getattr(event.data, "at", None)
    return to_us(event.time if at is None else at)


def reviewed(at_us: int, rating: float, scale: float, sentiment: float | None, key: str) -> Fact | None:
    """A review: few stars are a complaint, many are praise; between them the text decides, by half."""
    stars = rating / scale * _STARS if scale > 0 else rating
    if not isfinite(stars):
        return None
    if stars <= _LOW:
        return fact("reviewed", at_us, min((_LOW + 1 - stars) / 2, 1.0), key)
    if stars >= _HIGH:
        return fact("praised", at_us, min((stars - _HIGH + 1) / 2, 1.0), key)
    if sentiment is None or not isfinite(sentiment) or abs(sentiment) < _SENTIMENT_MIN:
        return None
    return fact("reviewed" if sentiment < 0 else "praised", at_us, min(abs(sentiment) / 2, _SOUND_MAX), key)


def _answered(at_us: int, kind: str, score: float, key: str) -> Fact | None:
    """An answer as ingest publishes it: CSAT from 0 (one star) to 100 (five).

    Efforts (ces) are asked in both directions, and say nothing.
    """
    if kind == "csat":
        return surveyed(at_us, kind, 1.0 + score / _CSAT_MAX * (_STARS - 1.0), key)
    return surveyed(at_us, kind, score, key) if kind == "nps" else None


def surveyed(at_us: int, kind: str, score: float, key: str) -> Fact | None:
    """An answer: NPS from 0 to 10, the others from 1 to 5; what lies outside says nothing."""
    if kind == "nps":
        if not 0 <= score <= _NPS_MAX:
            return None
        if score <= _NPS_DETRACTOR:
            return fact("rated_low", at_us, (_NPS_DETRACTOR + 1 - score) / (_NPS_DETRACTOR + 1), key)
        return fact("rated_high", at_us, score - _NPS_PROMOTER + 0.5, key) if score >= _NPS_PROMOTER else None
    if not 1 <= score <= _STARS:
        return None
    if score <= _LOW:
        return fact("rated_low", at_us, (_LOW + 1 - score) / 2, key)
    return fact("rated_high", at_us, min((score - _HIGH + 1) / 2, 1.0), key) if score >= _HIGH else None


def ticket_strength(sentiment: float | None) -> float:
    """How unhappy a ticket makes: more if it sounds so."""
    if sentiment is None or not isfinite(sentiment):
        return _TICKET
    return _TICKET - _TICKET_BY_SENTIMENT * min(max(sentiment, -1.0), 1.0)
