"""The parts of a card that other services publish. Each keeps its newest events, so arrival order does not matter."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from msgspec.structs import asdict

from mandegar.events import CustomerKey, Event
from mandegar.events.credit import CreditPosted

MESSAGES_MAX = 10
POINTS_TYPES = frozenset({"points.posted", "tier.changed"})
CREDIT_TYPE = "credit.posted"
MESSAGE_TYPES = frozenset({"message.sent", "message.refused", "message.unknown", "message.withheld"})
TYPES = POINTS_TYPES | {CREDIT_TYPE} | MESSAGE_TYPES


@dataclass(slots=True)
class PointsPart:
    """The newest balance, in points and in credit, and the newest tier of one customer in a batch.

    The version is 0 where the batch has none. ``credit`` is None where no order earns any.
    """

    shop: str
    customer_id: str
    points: dict[str, int] | None = None
    points_version: int = 0
    points_at: datetime | None = None
    tier: str | None = None
    tier_version: int = 0
    credit: dict[str, str] | None = None
    credit_version: int = 0
    credit_at: datetime | None = None


def points_by_customer(events: Iterable[Event]) -> dict[CustomerKey, PointsPart]:
    """The points part of every customer in ``events``, empty for those without an event about points or credit.

    Whether a part is newer than the card's is decided by ``rows.merge_points``.
    """
    parts: dict[CustomerKey, PointsPart] = {}
    published: list[tuple[int, PointsPart, Event]] = []
    for event in events:
        key = event.customer
        part = parts.get(key)
        if part is None:
            part = parts[key] = PointsPart(*key)
        # Of an alias whose points are the root's now, loyalty says that nothing is left.
        if event.type not in MESSAGE_TYPES and getattr(event.data, "merged_into", None) is None:
            published.append((event.data.version, part, event))
    for version, part, event in sorted(published, key=itemgetter(0)):
        if event.type == CREDIT_TYPE:
            part.credit, part.credit_version, part.credit_at = _credit(event.data), version, event.time
            continue
        part.tier, part.tier_version = event.data.tier, version
        if event.type == "points.posted":
            part.points, part.points_version, part.points_at = asdict(event.data.balance), version, event.time
    return parts


def _credit(posted: CreditPosted) -> dict[str, str] | None:
    """What a customer has in credit, as decimal text; None if no order earns any."""
    if not posted.currency:
        return None
    return {"unit": posted.currency} | {name: f"{amount:f}" for name, amount in asdict(posted.balance).items()}


def newest_points(parts: Iterable[PointsPart], root: CustomerKey) -> PointsPart:
    """The newest balance of either unit and the newest tier of several customers, as those of one."""
    of_root = PointsPart(*root)
    for part in parts:
        if part.points_version > of_root.points_version:
            of_root.points, of_root.points_version, of_root.points_at = part.points, part.points_version, part.points_at
        if part.tier_version > of_root.tier_version:
            of_root.tier, of_root.tier_version = part.tier, part.tier_version
        if part.credit_version > of_root.credit_version:
            of_root.credit, of_root.credit_version, of_root.credit_at = part.credit, part.credit_version, part.credit_at
    return of_root


@dataclass(slots=True)
class MessagesPart:
    """The newest messages of one customer, newest first; each with the id of the event that gave its status."""

    shop: str
    customer_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    messages_at: datetime | None = None

    def take_in(self, event: Event) -> None:
        """Take in an event of ``MESSAGE_TYPES``; of two about one message the later stands."""
        data = event.data
        message = {
            "message_id": str(data.message_id),
            "journey": data.journey,
            "channel": data.channel,
            "template": data.template,
            "locale": data.locale,
            "status": event.type.removeprefix("message."),
            "reason": data.reason,
            "at": event.time.isoformat(),
            "event_id": str(event.id),
        }
        self.add([message], event.time)

    def add(self, messages: Iterable[dict[str, Any]], at: datetime | None) -> None:
        """Add messages as they are stored, the newest of which is of ``at``; of two states of one the later stands."""
        by_id = {each["message_id"]: each for each in self.messages}
        for message in messages:
            previous = by_id.get(message["message_id"])
            if previous is None or _order(message) > _order(previous):
                by_id[message["message_id"]] = message
        self.messages = sorted(by_id.values(), key=_order, reverse=True)[:MESSAGES_MAX]
        if self.messages_at is None or (at is not None and at > self.messages_at):
            self.messages_at = at


def _order(message: dict[str, Any]) -> tuple[datetime, str]:
    return datetime.fromisoformat(message["at"]), message["event_id"]
