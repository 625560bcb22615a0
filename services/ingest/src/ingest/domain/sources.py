"""What the reading of an event depends on: its shop and its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from mandegar.events.identity import IdForm
from mandegar.events.ingest import AttributeType

Trust = Literal["server", "browser"]
VisitorProof = Literal["required", "off"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a source or a shop may send a second; None where the default of the process applies."""

    events_per_second: float | None = None
    bytes_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a shop may have in quarantine at a time; None where the default of the process applies."""

    events: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """The settings of a shop on which the meaning of its events depends; ``zone`` is for times without one.

    ``allowance`` is of all its sources together, ``budget`` of its quarantine. ``customer_ids`` is how its ids are
    published, ``attributes`` are those of customers that are, with their types.
    """

    id: str
    currency: str
    zone: ZoneInfo
    phone_region: str
    allowance: Allowance = Allowance()
    budget: Budget = Budget()
    customer_ids: IdForm = "pseudonyms"
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """One connection of a shop.

    ``unit`` is the unit of amounts that name no currency, such as IRT (toman) in a shop whose currency is IRR. What a
    ``historical`` source sends builds state and triggers no messages. Pages of ``origins`` may use a browser source;
    one of ``visitor_secrets`` proves who a visitor is.
    """

    id: str
    shop: Shop
    trust: Trust = "server"
    record_of_orders: bool = True
    historical: bool = False
    closed_at: datetime | None = None
    unit: str | None = None
    success_status: int = 202
    allowance: Allowance = Allowance()
    origins: frozenset[str] = frozenset()
    visitor_proof: VisitorProof = "required"
    visitor_secrets: tuple[str, ...] = ()
    urn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "urn", source_urn(self.shop.id, self.id))


def source_urn(shop: str, source_id: str) -> str:
    """The ``source`` of a source's events."""
    return f"urn:mandegar:shop:{shop}:source:{source_id}"
