"""What a door has to know of a shop and of one of its sources to read an event."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Trust = Literal["server", "browser"]


@dataclass(frozen=True, slots=True)
class Shop:
    """The settings of a shop that change the meaning of its events; ``zone`` is for times that name none."""

    id: str
    currency: str
    zone: ZoneInfo
    phone_region: str


@dataclass(frozen=True, slots=True)
class Source:
    """One connection of a shop.

    ``unit`` is the money its amounts are in where it says none, or a unit of the shop's currency that it may name
    (IRT for toman). ``historical`` sources backfill: what they send builds state and triggers nothing.
    """

    id: str
    shop: Shop
    trust: Trust = "server"
    record_of_orders: bool = True
    historical: bool = False
    closed_at: datetime | None = None
    unit: str | None = None
    success_status: int = 202
    urn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "urn", f"urn:mandegar:shop:{self.shop.id}:source:{self.id}")
