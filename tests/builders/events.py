"""An event of the story that tests tell: a customer of a shop in Tehran, told relative to noon of one day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from mandegar.events import Event

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SHOP = "s"
CUSTOMER = "c"
LIVE = "urn:mandegar:shop:s:source:live"
HISTORY = "urn:mandegar:shop:s:source:history"


def event(
    type_: str,
    data: object,
    *,
    name: str = "",
    days: float = 0,
    hours: float = 0,
    customer: str | None = CUSTOMER,
    **more: Any,
) -> Event:
    """An event ``days`` and ``hours`` after noon. The same ``name`` is the same event; without one it has a new id."""
    time = NOON + timedelta(days=days, hours=hours)
    values = {"shop": SHOP, "recorded_time": max(time, NOON), "source": LIVE, **more}
    id_ = uuid5(NAMESPACE_OID, name) if name else uuid4()
    return Event(id=id_, type=type_, time=time, data=data, customer_id=customer, **values)
