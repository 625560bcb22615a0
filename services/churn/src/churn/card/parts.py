"""How a card's parts take in facts: each keeps the newest, so order and repeats do not matter. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events import Event

MESSAGES_MAX = 10
POINTS_TYPES = frozenset({"points.posted", "tier.changed"})
MESSAGE_TYPES = frozenset({"message.sent", "message.refused", "message.unknown", "message.withheld"})
TYPES = POINTS_TYPES | MESSAGE_TYPES


@dataclass(slots=True)
class CardState:
    """One card. ``messages`` are the newest, first the latest; each carries the event that spoke of it last."""

    shop: str
    customer_id: str
    points: dict[str, Any] | None = None
    points_version: int = 0
    points_at: datetime | None = None
    tier: str | None = None
    tier_version: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    messages_at: datetime | None = None


def take_in(card: CardState, event: Event) -> None:
    """Take one event of loyalty or notify into the card."""
    if event.type == "points.posted":
        _take_in_points(card, event)
    elif event.type == "tier.changed":
        _take_in_tier(card, event.data.tier, event.data.version)
    elif event.type in MESSAGE_TYPES:
        _take_in_message(card, event)


def _take_in_points(card: CardState, event: Event) -> None:
    data = event.data
    if data.version > card.points_version:
        balance = data.balance
        words = ("available", "pending", "held", "debt", "lifetime")
        card.points = {word: getattr(balance, word) for word in words}
        card.points_version, card.points_at = data.version, event.time
    _take_in_tier(card, data.tier, data.version)


def _take_in_tier(card: CardState, tier: str, version: int) -> None:
    if version >= card.tier_version:
        card.tier, card.tier_version = tier, version


def _take_in_message(card: CardState, event: Event) -> None:
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
    by_id = {message["message_id"]: message for message in card.messages}
    before = by_id.get(said["message_id"])
    if before is None or _order(said) > _order(before):
        by_id[said["message_id"]] = said
    card.messages = sorted(by_id.values(), key=_order, reverse=True)[:MESSAGES_MAX]
    if card.messages_at is None or event.time > card.messages_at:
        card.messages_at = event.time


def _order(message: dict[str, Any]) -> tuple[datetime, str]:
    return datetime.fromisoformat(message["at"]), message["event_id"]
