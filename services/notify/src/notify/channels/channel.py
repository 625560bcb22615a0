"""What an adapter of a provider implements, and what a call comes to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID

from notify.channels.answers import printable

# Codes of messages that an adapter refuses without calling its provider.
NOT_CALLED = frozenset({"bad_address", "bad_sender", "no_mobile_number"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address. Its ``repr`` shows neither the address nor the content."""

    send_id: UUID
    to: str
    sender: str
    content: bytes

    def __repr__(self) -> str:
        return f"Outgoing({self.send_id})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call to a provider.

    ``accepted``: the provider has the message. ``refused``: it will never take it. ``retry``: it certainly does not
    have it, and may take it later. ``unknown``: it may have it or not. ``code`` is stable and contains no text of the
    provider, which may quote addresses. ``code`` and ``provider_ref`` are cut to what can be stored. ``fault`` is the
    stage at which the provider, or our account with it, failed: then nothing was said about this message. A refusal is
    ``about_anybody`` if its reason need not be this recipient or the size of this message: others may get the same.
    """

    kind: Literal["accepted", "refused", "retry", "unknown"]
    code: str | None = None
    provider_ref: str | None = None
    retry_after: timedelta | None = None
    fault: str | None = None
    about_anybody: bool = False

    def __post_init__(self) -> None:
        for field in ("code", "provider_ref"):
            text = getattr(self, field)
            object.__setattr__(self, field, text and printable(text))


class Channel(Protocol):
    """A provider of one channel. Its methods do not raise for anything that the provider or the network does."""

    @property
    def can_look_up(self) -> bool:
        """Whether the provider has a look-up for earlier sends."""
        ...

    async def send(self, message: Outgoing) -> Outcome:
        """Hand the message over to the provider, once."""
        ...

    async def lookup(self, send_id: UUID) -> Outcome | None:
        """Look up a send whose answer was lost: ``retry`` if the provider never had it, None if it cannot tell."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
