"""Entries of ``ingest.events`` that are not about orders: visits, reviews, surveys, tickets, promises."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from churn.domain.timeline.entry import (
    MESSAGES,
    REVIEWS,
    SURVEYS,
    TICKETS,
    VISIT_DAY,
    VISITS,
    Entry,
    entry_id,
    stated,
)
from mandegar.calendar import ShopDays
from mandegar.events import Event
from mandegar.events.registry import VISIT_TYPES
from mandegar.quantities import to_us

VISITING: Final = VISIT_TYPES | {"customer.logged_in"}
TYPES: Final = VISITING | {
    "customer.signed_up",
    "act.done",
    "review.submitted",
    "survey.responded",
    "ticket.opened",
    "ticket.closed",
    "ticket.answered",
    "promise.made",
    "promise.kept",
    "promise.broken",
    "message.sent_elsewhere",
}


def entries_of_act(event: Event, days: ShopDays) -> Iterator[Entry]:
    """The entry that an act makes; visits of one day of the shop are one."""
    data, key = event.data, event.customer
    if event.type in VISITING:
        at_us = to_us(event.time)
        day = days.day_of(at_us)
        # By the id that the event was published under: days of an alias stay apart from those of its root, whenever
        # both turn out to be one.
        name = event.alias or key.customer_id
        told: dict[str, Any] = {"day": day, "last_us": at_us, "counts": {event.type: 1}}
        yield Entry(*key, entry_id(event.shop, VISIT_DAY, name, str(day)), VISITS, event.time, VISIT_DAY, told)
        return
    match event.type:
        case "customer.signed_up":
            yield Entry(*key, event.id, VISITS, event.time, "signed_up", stated("signed_up", event.time, {}))
        case "act.done":
            fields = {"act": data.act, "subject_id": data.subject_id}
            yield Entry(*key, event.id, VISITS, event.time, "act", stated("done", event.time, fields))
        case "review.submitted":
            fields = {"product_id": data.product_id, "rating": data.rating, "rating_scale": data.rating_scale}
            yield Entry(*key, event.id, REVIEWS, event.time, "review", stated("submitted", event.time, fields))
        case "survey.responded":
            fields = {"survey_id": data.survey_id, "survey": data.kind, "score": data.score}
            yield Entry(*key, event.id, SURVEYS, event.time, "survey", stated("answered", event.time, fields))
        case "ticket.opened" | "ticket.answered" | "ticket.closed":
            fields = {
                "ticket_id": data.ticket_id,
                "category": getattr(data, "category", None),
                "priority": getattr(data, "priority", None),
            }
            at = getattr(data, "at", None) or event.time
            id_ = entry_id(event.shop, "ticket", data.ticket_id)
            state = event.type.removeprefix("ticket.")
            yield Entry(*key, id_, TICKETS, at, "ticket", stated(state, at, fields))
        case "promise.made":
            fields = {
                "promise_id": data.promise_id,
                "promise": data.kind,
                "order_id": data.order_id,
                "due_us": to_us(data.due_at),
            }
            id_ = entry_id(event.shop, "promise", data.promise_id)
            yield Entry(*key, id_, TICKETS, event.time, "promise", stated("made", event.time, fields))
        case "promise.kept" | "promise.broken":
            at = data.at or event.time
            id_ = entry_id(event.shop, "promise", data.promise_id)
            state = event.type.removeprefix("promise.")
            yield Entry(*key, id_, TICKETS, at, "promise", stated(state, at, {"promise_id": data.promise_id}))
        case "message.sent_elsewhere":
            fields = {
                "message_id": data.message_id,
                "channel": data.channel,
                "journey": data.journey,
                "marketing": data.marketing,
            }
            id_ = entry_id(event.shop, "elsewhere", data.message_id)
            yield Entry(*key, id_, MESSAGES, event.time, "message", stated("sent_elsewhere", event.time, fields))


def combine_visits(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The visits of one day that two entries tell of."""
    counts = dict(one["counts"])
    for name, number in other["counts"].items():
        counts[name] = counts.get(name, 0) + number
    return {"day": one["day"], "last_us": max(one["last_us"], other["last_us"]), "counts": counts}
