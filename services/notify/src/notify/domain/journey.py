"""Journeys: which event leads to which message, until when, and how often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from notify.domain.consent import ChannelName

NAMESPACE = UUID("b2f5ff47-4366-5c0f-8b1d-3f0e6a1c77d2")
# What a customer has just asked for. It needs no consent to marketing, waits for no hour, and counts for no cap.
TRANSACTIONAL = frozenset({"till.code_issued"})
# What counts under the versions of a customer's bands.
ABOUT_BANDS = frozenset({"band.crossed", "lifecycle.changed", "customer.won_back"})
# Where a customer has arrived: whoever merges into another one has arrived under both ids.
ABOUT_PLACES = frozenset({"stage.changed", "lifecycle.changed", "segment.entered"})
# The types of events that may start a journey.
TRIGGERS = ABOUT_BANDS | ABOUT_PLACES | frozenset({"points.expiring"}) | TRANSACTIONAL


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the event's data: a field equals a value, or is at least a number."""

    field: str
    equals: str | None = None
    at_least: int | None = None

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether ``data`` fulfils the condition; a missing field never does."""
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

    ``exits`` are events that end the journey before its message goes out, ``needs`` is what the customer must still
    have then. Version 0 is built in and in force from the beginning of time.
    """

    name: str
    version: int
    effective_from: datetime
    enabled: bool
    event: str
    conditions: tuple[Condition, ...]
    since: str | None
    channel: ChannelName
    template: str
    no_later_than: Deadline
    cooldown: timedelta
    exits: frozenset[str]
    needs: frozenset[str]
    offer: Offer | None = None

    @property
    def is_transactional(self) -> bool:
        """Whether its messages are what customers have asked for, and no marketing."""
        return self.event in TRANSACTIONAL

    def starts(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Whether an event of this type with this data (plain values) triggers the journey.

        Nobody is written to because a model, a definition or a history has brought them somewhere, all on one day, nor
        because they turned out to be somebody else.
        """
        if not self.enabled or event_type != self.event or data.get("brought_over") or data.get("merged_into"):
            return False
        return all(condition.holds(data) for condition in self.conditions)


def switched_off(name: str, version: int, effective_from: datetime) -> Journey:
    """A version that starts nothing and replaces the one before it."""
    return Journey(
        name=name,
        version=version,
        effective_from=effective_from,
        enabled=False,
        event="",
        conditions=(),
        since=None,
        channel="email",
        template="",
        no_later_than=Deadline("", timedelta()),
        cooldown=timedelta(),
        exits=frozenset(),
        needs=frozenset(),
    )


def in_force(versions: Iterable[Journey], at: datetime) -> list[Journey]:
    """The version of each journey in force at an instant. Versions of one name ascend by ``effective_from``."""
    present = {version.name: version for version in versions if version.effective_from <= at}
    return list(present.values())


def send_id(journey: str, cause_id: UUID, channel: str) -> UUID:
    """The id of the one send that this journey makes for this cause over this channel, on any replica."""
    return uuid5(NAMESPACE, f"{journey}|{cause_id}|{channel}")


def spread(send: UUID, within: timedelta) -> timedelta:
    """A stable share of ``within``, so that sends which waited for the same hour do not all go out in one second."""
    return within * (send.int % 1009) / 1009


def deadline_of(journey: Journey, data: Mapping[str, datetime]) -> datetime:
    """The instant after which the message is of no use; ``data`` holds the instants of the event's data."""
    return data[journey.no_later_than.field] + journey.no_later_than.after
