"""Events of messages as notify publishes them, and of those that another system sent."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from builders.events import event
from mandegar.events import Event
from mandegar.events.elsewhere import MessageSentElsewhere
from mandegar.events.notify import MessageDecided


def decided(number: int, outcome: str = "sent", reason: str | None = None, days: float = 0, **more: Any) -> Event:
    """Message ``number`` was sent, withheld or whatever ``outcome`` says."""
    data = MessageDecided(
        message_id=uuid5(NAMESPACE_OID, f"message-{number}"), journey="at-risk", channel="email", template="offer",
        locale="fa", reason=reason,
    )  # fmt: skip
    return event(f"message.{outcome}", data, name=f"{outcome}-{number}", days=days, **more)


def sent_elsewhere(message_id: str = "m", *, name: str = "", **more: Any) -> Event:
    """Another system sent a marketing mail, unless ``more`` says otherwise."""
    data = {field: more.pop(field) for field in ("channel", "marketing", "journey", "address_id") if field in more}
    message = MessageSentElsewhere(message_id=message_id, **{"channel": "email", **data})
    return event("message.sent_elsewhere", message, name=name, **more)
