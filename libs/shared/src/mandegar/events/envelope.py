"""The canonical event: CloudEvents 1.0 in structured mode, with Mandegar's extension attributes."""

from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto
from msgspec import Raw, Struct

from mandegar.events import topics

NAMESPACE = UUID("6f1c2f5e-6d1b-5c39-9a35-6b0c7a3d9e10")
HOPS_MAX = 8

_NAMESPACE_HASH = sha1(NAMESPACE.bytes, usedforsecurity=False)
_ID_MASK = ~(0xC000 << 48 | 0xF000 << 64)
_ID_VERSION_5 = 0x8000 << 48 | 5 << 76


class CustomerKey(NamedTuple):
    """The key of a customer. Customers are locked in the sort order of their keys."""

    shop: str
    customer_id: str


class Event(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="specversion",
    tag="1.0",
    rename={
        "customer_id": "customerid",
        "recorded_time": "recordedtime",
        "causation_id": "causationid",
        "correlation_id": "correlationid",
    },
):
    """An event as a topic carries it.

    ``time`` is when it happened, ``recorded_time`` when ingest (or the deriving service) recorded it. ``hops`` counts
    derivations since a customer's act; an event with more than ``HOPS_MAX`` becomes a dead letter. ``backfill`` marks
    imported history: it changes state, and no messages are sent for what is long past. ``alias`` is set where an event
    is applied, never on a topic: the id that it was published under, if that has become an alias of ``customer_id``.
    """

    id: UUID
    source: str
    type: str
    time: datetime
    shop: str
    recorded_time: datetime
    if TYPE_CHECKING:
        data: Any
    else:
        data: Raw
    customer_id: str | None = None
    hops: int = 0
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    backfill: bool = False
    traceparent: str | None = None
    alias: str | None = None

    @property
    def customer(self) -> CustomerKey:
        """The key of the event's customer; raises ``ValueError`` for an event about a whole shop."""
        if self.customer_id is None:
            raise ValueError(f"{self.type} {self.id} is about a shop, not a customer")
        return CustomerKey(self.shop, self.customer_id)

    @property
    def partition_key(self) -> bytes:
        return topics.partition_key(self.shop, self.customer_id)


def derived_id(service: str, cause: str, type_: str, index: int = 0) -> UUID:
    """The id of a derived event (uuid5): the same on every replica and in every retry.

    ``cause`` is the id of the causing event, or ``kind|subject|due instant`` for a due instant. It never contains the
    customer after a merge, so that a merge changes no ids.
    """
    return named_id(f"{service}|{cause}|{type_}|{index}")


def named_id(name: str) -> UUID:
    """``uuid5(NAMESPACE, name)``."""
    # By hand, because it is computed several times per event: the namespace is hashed once, and asyncpg's UUID, which
    # compares equal to the standard one, takes a fifth of the time to create and to encode.
    digest = _NAMESPACE_HASH.copy()
    digest.update(name.encode())
    number = int.from_bytes(digest.digest()[:16], "big") & _ID_MASK | _ID_VERSION_5
    return pgproto.UUID(number.to_bytes(16, "big"))
