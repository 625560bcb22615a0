"""How an order's facts and posted sums stand in their columns: JSON arrays of arrays."""

from uuid import UUID

from msgspec import json

from loyalty.domain.account import Order
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Posted

_FACTS = json.Decoder(list[Fact])
_POSTED = json.Decoder(list[tuple[str, str, str, int, int, int]])
_ENCODER = json.Encoder()


def unpack_order(order_id: str, lot_id: UUID, facts: str, posted: str) -> Order:
    """The order in a row."""
    sums = {
        (kind, bucket, cause): Posted(points, at, times)
        for kind, bucket, cause, points, at, times in _POSTED.decode(posted)
    }
    return Order(order_id, lot_id, _FACTS.decode(facts), sums)


def pack_facts(order: Order) -> str:
    """The column ``facts`` of an order."""
    return _ENCODER.encode(order.facts).decode()


def pack_posted(order: Order) -> str:
    """The column ``posted`` of an order."""
    return _ENCODER.encode([(*key, *sums) for key, sums in order.posted.items()]).decode()
