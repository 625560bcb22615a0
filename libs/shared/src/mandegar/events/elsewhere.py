"""What other systems did with the customers of a shop."""

from typing import Literal

from msgspec import Struct

from mandegar.events.ingest import Id


class MessageSentElsewhere(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Another system sent the customer a message, at the time of the event. Of two with one id the later one stands.

    ``journey`` is the journey here that it counts as. ``address_id`` is the pseudonym of the address that the event
    names on the channel (``identity.address_id``).
    """

    message_id: Id
    channel: Literal["email", "sms"]
    marketing: bool = True
    journey: str | None = None
    address_id: str | None = None
