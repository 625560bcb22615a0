"""Journeys: versioned documents that say which event leads to which message, until when, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid5

NAMESPACE = UUID("b2f5ff47-4366-5c0f-8b1d-3f0e6a1c77d2")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing the event's data must fulfil: a field equals a value, or is at least a number."""

    field: str
    equals: str | None = None
    at_least: int | None = None

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether ``data`` fulfils it; a missing field never does."""
        value = data.get(self.field)
        if self.equals is not None:
            return str(value) == self.equals
        return isinstance(value, int) and self.at_least is not None and value >= self.at_least


@dataclass(frozen=True, slots=True)
class Deadline:
    """Send no later than the instant in ``field`` of the event's data, plus ``after``."""

    field: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Offer:
    """A gift that the message carries: a code worth ``amount``, good for ``valid`` from the day of sending."""

    code: str
    amount: Decimal
    currency: str
    valid: timedelta


@dataclass(frozen=True, slots=True)
class Journey:
    """A version of a journey. ``since`` is the field of the event's data with the instant at which it was triggered.

    ``exits`` are events that make the message needless, ``needs`` is what the customer must still have to be told.
    """

    name: str
    version: int
    event: str
    conditions: tuple[Condition, ...]
    since: str | None
    channel: Literal["email", "sms"]
    template: str
    no_later_than: Deadline
    cooldown: timedelta
    exits: frozenset[str]
    needs: frozenset[str]
    offer: Offer | None = None

    def starts(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Whether an event of this type with this data (plain values) triggers the journey."""
        return event_type == self.event and all(condition.holds(data) for condition in self.conditions)


TRIGGERS = frozenset({"band.crossed", "points.expiring"})
"""The types of events that may start a journey."""


@dataclass(frozen=True, slots=True)
class Journeys:
    """The journeys of one shop."""

    journeys: tuple[Journey, ...]

    def in_force(self, at: datetime) -> tuple[Journey, ...]:  # noqa: ARG002
        """The journeys at an instant."""
        return self.journeys


def send_id(journey: str, cause_id: UUID, channel: str) -> UUID:
    """The id of the one send that this journey makes for this cause over this channel, on any replica."""
    return uuid5(NAMESPACE, f"{journey}|{cause_id}|{channel}")


def spread(send: UUID, within: timedelta) -> timedelta:
    """A stable share of ``within``, so that what waited for the same hour does not all go out in one second."""
    return within * (send.int % 1009) / 1009


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes; ``ValueError`` for anything else, months and years included."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no duration such as P3D or PT12H")
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def parse(document: Mapping[str, Any]) -> Journey:
    """A journey from its document; ``KeyError`` or ``ValueError`` name what is missing or wrong."""
    trigger, deadline = document["trigger"], document["send_no_later_than"]
    if document["channel"] not in ("email", "sms"):
        raise ValueError("channel is email or sms")
    return Journey(
        name=document["name"],
        version=int(document["version"]),
        event=trigger["event"],
        conditions=tuple(_condition(field, value) for field, value in trigger.get("when", {}).items()),
        since=trigger.get("since"),
        channel=document["channel"],
        template=document["template"],
        no_later_than=Deadline(deadline["field"], duration(deadline["after"]) if "after" in deadline else timedelta()),
        cooldown=duration(document["cooldown"]) if "cooldown" in document else timedelta(),
        exits=frozenset(document.get("exits", ())),
        needs=frozenset(document.get("needs", ())),
        offer=_offer(document.get("offer")),
    )


def _condition(field: str, value: Any) -> Condition:
    if isinstance(value, Mapping):
        return Condition(field, at_least=int(value["at_least"]))
    return Condition(field, equals=str(value))


def _offer(document: Mapping[str, Any] | None) -> Offer | None:
    if document is None:
        return None
    return Offer(
        code=str(document["code"]),
        amount=Decimal(str(document["amount"])),
        currency=str(document["currency"]),
        valid=duration(document["valid"]),
    )


def deadline_of(journey: Journey, data: Mapping[str, datetime]) -> datetime:
    """The instant after which the message is of no use; ``data`` holds the instants of the event's data."""
    return data[journey.no_later_than.field] + journey.no_later_than.after
