"""Which messages treat a customer: those of journeys that went out, or may have; and which a holdout kept back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mandegar.events import Event

TYPES: Final = frozenset({"message.sent", "message.refused", "message.unknown", "message.withheld"})
TREATED, WITHHELD, NEITHER = "treated", "withheld", "neither"
# Answers to what a customer does at the till, which no model has to leave out.
SERVICE_JOURNEYS: Final = frozenset({"till_code"})
# The reason of a message that chance alone kept back.
HOLDOUT: Final = "holdout"


@dataclass(frozen=True, slots=True)
class Treatment:
    """The state of a message that an event says."""

    shop: str
    message_id: UUID
    customer_id: str
    kind: str
    at: datetime
    event_id: UUID


def treatments_in(events: Iterable[Event]) -> list[Treatment]:
    """What events say about messages; of two about one message the later stands."""
    found: dict[tuple[str, UUID], Treatment] = {}
    for event in events:
        kind = _kind(event)
        if kind is None:
            continue
        key = event.customer
        each = Treatment(key.shop, event.data.message_id, key.customer_id, kind, event.time, event.id)
        before = found.get((each.shop, each.message_id))
        if before is None or (each.at, each.event_id) > (before.at, before.event_id):
            found[each.shop, each.message_id] = each
    return [found[key] for key in sorted(found)]


def _kind(event: Event) -> str | None:
    """None: nothing follows. A message that was refused treats nobody, also if it was unknown before."""
    if event.data.journey in SERVICE_JOURNEYS:
        return None
    if event.type == "message.withheld":
        return WITHHELD if event.data.reason == HOLDOUT else None
    return NEITHER if event.type == "message.refused" else TREATED
