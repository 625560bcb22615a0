"""The parts of a card that others speak of: each keeps the newest, so order and repeats do not matter. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from mandegar.events import Event

MESSAGES_MAX = 10
POINTS_TYPES = frozenset({"points.posted", "tier.changed"})
MESSAGE_TYPES = frozenset({"message.sent", "message.refused", "message.unknown", "message.withheld"})
TYPES = POINTS_TYPES | MESSAGE_TYPES


@dataclass(slots=True)
class PointsPart:
    """What loyalty says of one customer; version 0 while it has said nothing."""

    shop: str
    customer_id: str
    points: dict[str, int] | None = None
    points_version: int = 0
    points_at: datetime | None = None
    tier: str | None = None
    tier_version: int = 0

    def take_in(self, event: Event) -> None:
        """Take in an event of ``POINTS_TYPES``; of a balance, and of a tier, the highest version stands."""
        data = event.data
        if event.type == "points.posted" and data.version > self.points_version:
            self.points = asdict(data.balance)
            self.points_version, self.points_at = data.version, event.time
        if data.version > self.tier_version:
            self.tier, self.tier_version = data.tier, data.version


@dataclass(slots=True)
class MessagesPart:
    """The newest messages, first the latest; each carries the event that spoke of it last."""

    shop: str
    customer_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    messages_at: datetime | None = None

    def take_in(self, event: Event) -> None:
        """Take in an event of ``MESSAGE_TYPES``; of a message, the latest word stands."""
        data = event.data
        said = {
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
        by_id = {message["message_id"]: message for message in self.messages}
        before = by_id.get(said["message_id"])
        if before is None or _order(said) > _order(before):
            by_id[said["message_id"]] = said
        self.messages = sorted(by_id.values(), key=_order, reverse=True)[:MESSAGES_MAX]
        if self.messages_at is None or event.time > self.messages_at:
            self.messages_at = event.time


def _order(message: dict[str, Any]) -> tuple[datetime, str]:
    return datetime.fromisoformat(message["at"]), message["event_id"]
