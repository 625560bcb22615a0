"""The ways out to people: one small protocol, and one adapter per provider."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address. Its text form shows neither the address nor the content."""

    send_id: UUID
    to: str
    sender: str
    content: bytes

    def __repr__(self) -> str:
        return f"Outgoing({self.send_id})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider did with a message.

    ``accepted``: it is theirs now. ``refused``: never. ``retry``: surely not taken over, later perhaps.
    ``unknown``: they may have it or not. ``code`` is stable and carries no text of theirs, which may quote addresses.
    """

    kind: Literal["accepted", "refused", "retry", "unknown"]
    code: str | None = None
    provider_ref: str | None = None
    retry_after: timedelta | None = None


class Channel(Protocol):
    """A provider of one channel. Neither call raises for anything that the provider or the network does."""

    @property
    def can_look_up(self) -> bool:
        """Whether the provider can be asked about a send afterwards."""
        ...

    async def send(self, message: Outgoing) -> Outcome:
        """Hand the message over, once."""
        ...

    async def lookup(self, send_id: UUID) -> Outcome | None:
        """What became of a send whose answer was lost: ``retry`` when they never had it, None if nobody can tell."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
