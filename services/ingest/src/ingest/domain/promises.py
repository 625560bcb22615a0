"""What a shop owes a customer and whether it came: promises, and the first answer to a ticket."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.domain.customer_ids import own_id, text_id
from ingest.domain.event_time import event_time
from ingest.domain.forms import PromiseEndForm, PromiseForm, TicketAnswerForm
from ingest.domain.opening import end_of
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from mandegar.events.identity import is_nothing, is_opaque
from mandegar.events.ingest import TicketAnswered
from mandegar.events.promises import PromiseMade, PromiseSettled
from mandegar.events.written import plain_id, trimmed

_KIND = re.compile("[a-z0-9][a-z0-9_]{0,59}")
_BETWEEN_WORDS = re.compile(r"[\s-]+")


def made(
    form: PromiseForm, source: Source, names: Pseudonyms, _written: datetime, _now: datetime, _left_out: list[str]
) -> PromiseMade:
    _, due_at = end_of(form.due_at, "data.due_at", source.shop.zone)
    order = form.order_id
    return PromiseMade(
        promise_id=names.word(own_id(form.promise_id, "data.promise_id")),
        kind=_kind(str(form.kind)),
        due_at=due_at,
        order_id=None
        if order is None or is_nothing(plain_id(str(order)))
        else names.of_order(text_id(order, "data.order_id")),
    )


def settled(
    form: PromiseEndForm, source: Source, names: Pseudonyms, _written: datetime, now: datetime, _left_out: list[str]
) -> PromiseSettled:
    promise_id = names.word(own_id(form.promise_id, "data.promise_id"))
    return PromiseSettled(promise_id=promise_id, at=_instant(form.at, source.shop.zone, now))


def answer(
    form: TicketAnswerForm, source: Source, names: Pseudonyms, _written: datetime, now: datetime, _left_out: list[str]
) -> TicketAnswered:
    ticket_id = names.word(own_id(form.ticket_id, "data.ticket_id"))
    return TicketAnswered(ticket_id=ticket_id, at=_instant(form.at, source.shop.zone, now))


def _kind(written: str) -> str:
    """The word in one spelling, because rules compare it: ``Call back`` is ``call_back``."""
    kind = _BETWEEN_WORDS.sub("_", trimmed(written).lower())
    if not (_KIND.fullmatch(kind) and is_opaque(kind)):
        raise Refused("invalid_data", "data.kind must be at most 60 of a-z, 0-9 and _, such as delivery or call_back")
    return kind


def _instant(written: str | float | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When it was; one that is not over yet is now."""
    return None if written is None or written == "" else event_time(written, zone=zone, now=now, field="data.at")
